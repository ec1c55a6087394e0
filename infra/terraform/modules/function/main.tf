# One function: a role of its own that allows what infra/functions.json says and nothing else, its log group, its alarms.

data "aws_region" "current" {}

locals {
  # An alias without a resource here (a workflow without queues, say) needs no statement.
  statements = [
    for alias, actions in var.facts.Permissions : {
      Sid      = replace(title(replace(alias, "-", " ")), " ", "")
      Effect   = "Allow"
      Action   = actions
      Resource = var.resources[alias]
    } if length(var.resources[alias]) > 0
  ]
  event_source = [
    for source in [var.event_source] : {
      Sid      = "EventSource"
      Effect   = "Allow"
      Action   = source.actions
      Resource = source.arn
    } if source != null
  ]
  dead_letters = [
    for arn in [var.stack.failures_queue_arn] : {
      Sid      = "DeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = arn
    } if var.receives_failures
  ]
  key = [
    for arn in [var.stack.kms_key_arn] : {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = arn
    } if arn != null
  ]
  # Lambda manages a function's network interfaces with the function's own role; EC2 knows no narrower resource.
  network = [
    for subnets in [var.stack.subnet_ids] : {
      Sid    = "Network"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    } if length(subnets) > 0
  ]
  observability = [
    {
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*"
    },
    {
      # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      Sid      = "Traces"
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = "*"
    },
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:encrypted by CloudWatch Logs; with kms_key_arn by the customer's own key
  #checkov:skip=CKV_AWS_338:the retention is the workflow's own, as its document says (30 days), and a variable
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.stack.log_retention_in_days
  kms_key_id        = var.stack.kms_key_arn
}

resource "aws_iam_role" "this" {
  name = "${var.name}-${data.aws_region.current.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  #checkov:skip=CKV_AWS_355:the two statements on * are those of X-Ray and of network interfaces, which know no resource
  #checkov:skip=CKV_AWS_290:see CKV_AWS_355
  #checkov:skip=CKV_AWS_289:see CKV_AWS_355
  name = "permissions"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.statements, local.event_source, local.dead_letters, local.key, local.network, local.observability
    )
  })
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:reserved_concurrency is a variable: reserving by default would take from the account's other functions
  #checkov:skip=CKV_AWS_116:set for functions that are invoked asynchronously; a caller that waits gets the error itself
  #checkov:skip=CKV_AWS_117:the network is optional (shared stack, vpc_cidr): everything a function reaches is a public AWS endpoint
  #checkov:skip=CKV_AWS_173:the environment holds names only, the secret is in Secrets Manager; with kms_key_arn it is encrypted by that key
  #checkov:skip=CKV_AWS_272:the artifact is built by whoever deploys it; signing it would need their signing profile
  function_name                  = var.name
  description                    = "OrderFlow: ${var.function}"
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.stack.architecture]
  s3_bucket                      = var.stack.artifacts_bucket
  s3_key                         = var.stack.artifact_key
  timeout                        = var.facts.Timeout
  memory_size                    = var.facts.MemorySize
  reserved_concurrent_executions = lookup(var.stack.reserved_concurrency, var.function, -1)
  kms_key_arn                    = var.stack.kms_key_arn

  environment {
    variables = merge(var.environment, { ORDERFLOW_FUNCTION = var.function })
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "dead_letter_config" {
    for_each = var.receives_failures ? [var.stack.failures_queue_arn] : []
    content {
      target_arn = dead_letter_config.value
    }
  }

  dynamic "vpc_config" {
    for_each = length(var.stack.subnet_ids) > 0 ? [var.stack.subnet_ids] : []
    content {
      subnet_ids         = vpc_config.value
      security_group_ids = var.stack.security_group_ids
    }
  }

  # Without its permissions a function that is invoked at once would fail.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "${var.function} ended in an error that is none of its named ones, or was refused."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = var.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.stack.errors_threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.stack.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "${var.name}-throttles"
  alarm_description   = "${var.function} met the limit of its concurrency."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = var.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.stack.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  alarm_name          = "${var.name}-duration-p99"
  alarm_description   = "One in a hundred calls of ${var.function} takes more than half of the time it has."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = var.name }
  extended_statistic  = "p99"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.facts.Timeout * 500
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.stack.alarm_actions
}
