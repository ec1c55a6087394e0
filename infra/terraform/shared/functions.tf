# What looks after the shop as a whole.

locals {
  all_functions = jsondecode(file("${path.module}/../../functions.json")).Functions
  # Functions that run by themselves, and how often.
  schedules = {
    ExpireReservations = { name = "expire-reservations", rate = "rate(1 minute)" }
    RebalanceStock     = { name = "rebalance-stock", rate = "rate(5 minutes)" }
  }
  functions = { for name in ["ExpireReservations", "RebalanceStock", "RecordBounce", "SeedInventory"] : name => local.all_functions[name] }

  # Mails are in the outboxes of all workflows.
  outboxes = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.name}-*-outbox"
  resources = {
    data             = [module.data.arn]
    data-index       = ["${module.data.arn}/index/*"]
    outbox           = [local.outboxes]
    outbox-index     = ["${local.outboxes}/index/*"]
    outbox-stream    = []
    streamed         = []
    receipts         = ["${aws_s3_bucket.receipts.arn}/receipts/*"]
    secret           = [aws_secretsmanager_secret.keys.arn]
    bus              = [aws_cloudwatch_event_bus.this.arn]
    topics           = []
    queues           = []
    "state-machines" = []
    executions       = []
    mail             = [aws_sesv2_email_identity.sender.arn, aws_sesv2_configuration_set.this.arn]
    alarms           = []
  }
  environment = {
    ORDERFLOW_WORKFLOW               = "shared"
    ORDERFLOW_DATA_TABLE             = module.data.name
    ORDERFLOW_RECEIPTS_BUCKET        = aws_s3_bucket.receipts.id
    ORDERFLOW_EVENT_BUS              = aws_cloudwatch_event_bus.this.name
    ORDERFLOW_SECRET                 = aws_secretsmanager_secret.keys.name
    ORDERFLOW_MAIL_FROM              = var.mail_from
    ORDERFLOW_MAIL_CONFIGURATION_SET = aws_sesv2_configuration_set.this.configuration_set_name
    ORDERFLOW_SHOP_NAME              = var.shop_name
    ORDERFLOW_STOCK_SHARDS           = tostring(var.stock_shards)
    ORDERFLOW_LINK_EXPIRES_HOURS     = tostring(var.link_expires_hours)
    ORDERFLOW_LOG                    = var.log_level
  }
}

module "functions" {
  source   = "../modules/function"
  for_each = local.functions

  name              = "${var.name}-${each.key}"
  function          = each.key
  facts             = each.value
  resources         = local.resources
  environment       = local.environment
  receives_failures = each.key != "SeedInventory"
  stack = {
    architecture          = var.architecture
    artifacts_bucket      = var.artifacts_bucket
    artifact_key          = var.artifact_key
    log_retention_in_days = var.log_retention_in_days
    kms_key_arn           = local.kms_key_arn
    subnet_ids            = [for zone in local.zones : aws_subnet.private[zone].id]
    security_group_ids    = aws_security_group.functions[*].id
    failures_queue_arn    = module.failures.arn
    alarm_actions         = [aws_sns_topic.alarms.arn]
    errors_threshold      = 5
    reserved_concurrency  = var.reserved_concurrency
  }
}

# What could not be handed over: bounces.
module "failures" {
  source             = "../modules/queue"
  name               = "${var.name}-failures"
  holds_dead_letters = true
  alarm_actions      = [aws_sns_topic.alarms.arn]
  kms_key_arn        = local.kms_key_arn
  senders            = [{ service = "sns.amazonaws.com", source_arn = aws_sns_topic.mail_events.arn }]
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:the schedule holds no data; with kms_key_arn it is encrypted by the customer's own key
  for_each            = local.schedules
  name                = "${var.name}-${each.value.name}"
  description         = "Runs ${each.key}."
  schedule_expression = each.value.rate
  kms_key_arn         = local.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.functions[each.key].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ source = "aws.scheduler", "detail-type" = "Scheduled Event", detail = {} })

    # The next call does the same.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name = "${var.name}-scheduler-${local.region}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "permissions"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Functions"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [for name in sort(keys(local.schedules)) : module.functions[name].arn]
    }]
  })
}

# API Gateway writes its logs with one role for the account and region.
resource "aws_iam_role" "api_gateway_logs" {
  count = var.configure_api_gateway_logging ? 1 : 0
  name  = "${var.name}-api-gateway-logs-${local.region}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "api_gateway_logs" {
  count      = var.configure_api_gateway_logging ? 1 : 0
  role       = aws_iam_role.api_gateway_logs[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  count               = var.configure_api_gateway_logging ? 1 : 0
  cloudwatch_role_arn = aws_iam_role.api_gateway_logs[0].arn
  depends_on          = [aws_iam_role_policy_attachment.api_gateway_logs]
}
