# The API: the intakes, which the gateway guards and validates, and behind them everything else that the function Api
# answers, which the function guards itself (the operator's key, an order's access token).

locals {
  api_name  = try(local.apis[0].Name, local.prefix)
  api_stage = coalesce(var.api_stage, try(local.apis[0].Stage, null), "live")
  gateways  = length(local.apis) > 0 ? toset(["api"]) : toset([])

  # Below the workflow's own path for all but the default workflow, as in the embedded home.
  intakes = merge([
    for api in local.apis : {
      for method in distinct(flatten([try(split(",", api.Method), api.Method)])) :
      "${method} ${var.workflow == "checkout" ? "" : "/${var.workflow}"}${api.Path}" => {
        method = method
        path   = "${var.workflow == "checkout" ? "" : "/${var.workflow}"}${api.Path}"
        auth   = var.intake_authorization == "document" ? try(api.Auth, "none") : var.intake_authorization
      }
    }
  ]...)
  # What the gateway asks for; `key` is the operator's, which the function checks.
  authorizations = { none = "NONE", key = "NONE", jwt = "COGNITO_USER_POOLS", iam = "AWS_IAM" }

  # The tree of resources, level by level: a resource needs the one above it.
  paths = distinct(flatten([
    for intake in values(local.intakes) : [
      for depth in range(1, length(split("/", intake.path))) : join("/", slice(split("/", intake.path), 1, depth + 1))
    ]
  ]))
  level_1 = toset([for path in local.paths : path if length(split("/", path)) == 1])
  level_2 = toset([for path in local.paths : path if length(split("/", path)) == 2])
  level_3 = toset([for path in local.paths : path if length(split("/", path)) == 3])
  api_resources = merge(
    { for path, resource in aws_api_gateway_resource.level_1 : "/${path}" => resource.id },
    { for path, resource in aws_api_gateway_resource.level_2 : "/${path}" => resource.id },
    { for path, resource in aws_api_gateway_resource.level_3 : "/${path}" => resource.id },
  )
  # Whatever is no intake, at the root, at an intake's path by another method, and below.
  rest = length(local.apis) == 0 ? {} : merge(
    { "/" = aws_api_gateway_rest_api.this["api"].root_resource_id, "/{proxy+}" = aws_api_gateway_resource.rest["api"].id },
    { for path in distinct(values(local.intakes)[*].path) : path => local.api_resources[path] },
  )
  request_models = { for key, intake in local.intakes : key => local.models[var.workflow] if intake.method == "POST" && contains(keys(local.models), var.workflow) }
}

resource "aws_api_gateway_rest_api" "this" {
  for_each           = local.gateways
  name               = local.api_name
  description        = "OrderFlow: the workflow ${var.workflow}."
  binary_media_types = ["application/pdf"]

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "level_1" {
  for_each    = local.level_1
  rest_api_id = aws_api_gateway_rest_api.this["api"].id
  parent_id   = aws_api_gateway_rest_api.this["api"].root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_resource" "level_2" {
  for_each    = local.level_2
  rest_api_id = aws_api_gateway_rest_api.this["api"].id
  parent_id   = aws_api_gateway_resource.level_1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_3" {
  for_each    = local.level_3
  rest_api_id = aws_api_gateway_rest_api.this["api"].id
  parent_id   = aws_api_gateway_resource.level_2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "rest" {
  for_each    = local.gateways
  rest_api_id = aws_api_gateway_rest_api.this["api"].id
  parent_id   = aws_api_gateway_rest_api.this["api"].root_resource_id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_authorizer" "customers" {
  for_each        = local.gateways
  name            = "customers"
  type            = "COGNITO_USER_POOLS"
  rest_api_id     = aws_api_gateway_rest_api.this["api"].id
  provider_arns   = [local.shared.user_pool_arn]
  identity_source = "method.request.header.Authorization"
}

resource "aws_api_gateway_request_validator" "intakes" {
  for_each                    = local.gateways
  name                        = "intakes"
  rest_api_id                 = aws_api_gateway_rest_api.this["api"].id
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_model" "order" {
  for_each     = { for workflow, schema in local.models : "api" => schema if workflow == var.workflow && length(local.apis) > 0 }
  name         = "Order"
  description  = "What the intake of ${var.workflow} takes."
  rest_api_id  = aws_api_gateway_rest_api.this["api"].id
  content_type = "application/json"
  schema       = jsonencode(each.value)
}

resource "aws_api_gateway_method" "intakes" {
  #checkov:skip=CKV_AWS_59:anybody may place an order where the workflow's document says so (Auth in triggers.json); intake_authorization closes it
  #checkov:skip=CKV2_AWS_53:every intake has the validator intakes; the function validates each field again
  for_each             = local.intakes
  rest_api_id          = aws_api_gateway_rest_api.this["api"].id
  resource_id          = local.api_resources[each.value.path]
  http_method          = each.value.method
  authorization        = local.authorizations[each.value.auth]
  authorizer_id        = each.value.auth == "jwt" ? aws_api_gateway_authorizer.customers["api"].id : null
  api_key_required     = var.require_api_key
  request_validator_id = aws_api_gateway_request_validator.intakes["api"].id
  request_models       = contains(keys(local.request_models), each.key) ? { "application/json" = aws_api_gateway_model.order["api"].name } : {}
}

resource "aws_api_gateway_integration" "intakes" {
  for_each                = local.intakes
  rest_api_id             = aws_api_gateway_rest_api.this["api"].id
  resource_id             = aws_api_gateway_method.intakes[each.key].resource_id
  http_method             = aws_api_gateway_method.intakes[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.functions["Api"].invoke_arn
}

resource "aws_api_gateway_method" "rest" {
  #checkov:skip=CKV_AWS_59:the function itself asks for the operator's key or the order's access token; health and description are open
  #checkov:skip=CKV2_AWS_53:the function validates each field
  for_each      = local.rest
  rest_api_id   = aws_api_gateway_rest_api.this["api"].id
  resource_id   = each.value
  http_method   = "ANY"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "rest" {
  for_each                = local.rest
  rest_api_id             = aws_api_gateway_rest_api.this["api"].id
  resource_id             = aws_api_gateway_method.rest[each.key].resource_id
  http_method             = aws_api_gateway_method.rest[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.functions["Api"].invoke_arn
}

resource "aws_lambda_permission" "api" {
  for_each      = local.gateways
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.functions["Api"].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this["api"].execution_arn}/*"
}

resource "aws_api_gateway_deployment" "this" {
  for_each    = local.gateways
  rest_api_id = aws_api_gateway_rest_api.this["api"].id

  # A stage serves a deployment, which is a snapshot: whatever changes here makes a new one.
  triggers = {
    content = sha256(jsonencode([
      local.intakes,
      local.request_models,
      aws_api_gateway_integration.intakes,
      aws_api_gateway_integration.rest,
      aws_api_gateway_method.intakes,
      aws_api_gateway_method.rest,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "api" {
  #checkov:skip=CKV_AWS_158:encrypted by CloudWatch Logs; with kms_key_arn by the customer's own key
  #checkov:skip=CKV_AWS_338:the retention is the workflow's own, as its document says (30 days), and a variable
  for_each          = local.gateways
  name              = "/aws/apigateway/${local.prefix}"
  retention_in_days = local.log_retention
  kms_key_id        = local.shared.kms_key_arn
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:orders and their state must not come from a cache
  #checkov:skip=CKV2_AWS_51:shoppers have no client certificates
  #checkov:skip=CKV2_AWS_4:the level is set below, in aws_api_gateway_method_settings
  #checkov:skip=CKV2_AWS_29:the shared stack's WAF is associated unless enable_waf is false
  for_each             = local.gateways
  rest_api_id          = aws_api_gateway_rest_api.this["api"].id
  deployment_id        = aws_api_gateway_deployment.this["api"].id
  stage_name           = local.api_stage
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api["api"].arn
    # Neither the query nor the caller's address: both may tell who somebody is.
    format = jsonencode({
      requestId    = "$context.requestId"
      requestTime  = "$context.requestTime"
      httpMethod   = "$context.httpMethod"
      resourcePath = "$context.resourcePath"
      status       = "$context.status"
      latency      = "$context.responseLatency"
      integration  = "$context.integrationLatency"
      error        = "$context.error.message"
      trace        = "$context.xrayTraceId"
    })
  }
}

resource "aws_api_gateway_method_settings" "this" {
  #checkov:skip=CKV_AWS_225:orders and their state must not come from a cache
  #checkov:skip=CKV_AWS_308:see CKV_AWS_225
  for_each    = local.gateways
  rest_api_id = aws_api_gateway_rest_api.this["api"].id
  stage_name  = aws_api_gateway_stage.this["api"].stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle_rate
    throttling_burst_limit = var.throttle_burst
  }
}

resource "aws_api_gateway_usage_plan" "this" {
  for_each    = local.gateways
  name        = local.prefix
  description = "Who calls ${var.workflow} with an API key."

  api_stages {
    api_id = aws_api_gateway_rest_api.this["api"].id
    stage  = aws_api_gateway_stage.this["api"].stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle_rate
    burst_limit = var.throttle_burst
  }

  dynamic "quota_settings" {
    for_each = var.quota_per_day == null ? [] : [var.quota_per_day]
    content {
      limit  = quota_settings.value
      period = "DAY"
    }
  }
}

resource "aws_api_gateway_api_key" "this" {
  for_each    = var.require_api_key ? local.gateways : toset([])
  name        = local.prefix
  description = "Lets a caller in at the intake of ${var.workflow}."
}

resource "aws_api_gateway_usage_plan_key" "this" {
  for_each      = var.require_api_key ? local.gateways : toset([])
  key_id        = aws_api_gateway_api_key.this["api"].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this["api"].id
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each     = var.enable_waf ? local.gateways : toset([])
  resource_arn = aws_api_gateway_stage.this["api"].arn
  web_acl_arn  = local.shared.web_acl_arn
}
