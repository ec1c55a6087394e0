# The functions: the same bootstrap for each, told apart by their environment.

locals {
  # What the aliases of infra/functions.json stand for here.
  resources = {
    data             = [local.shared.data_table_arn]
    data-index       = ["${local.shared.data_table_arn}/index/*"]
    outbox           = [module.outbox.arn]
    outbox-index     = ["${module.outbox.arn}/index/*"]
    outbox-stream    = [module.outbox.stream_arn]
    streamed         = [for table in values(module.tables) : table.arn]
    receipts         = ["${local.shared.receipts_bucket_arn}/receipts/*"]
    secret           = [local.shared.secret_arn]
    bus              = [local.shared.event_bus_arn]
    topics           = [for topic in values(aws_sns_topic.this) : topic.arn]
    queues           = [for queue in values(local.queue_modules) : queue.arn]
    "state-machines" = values(local.machine_arns)
    executions       = [for arn in values(local.machine_arns) : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    mail             = [local.shared.mail_identity_arn, local.shared.mail_configuration_set_arn]
    alarms           = ["arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${local.prefix}-*"]
  }

  streamed_table = one([for name, table in local.tables_own : name if try(table.StreamViewType, null) != null])
  api_url        = try("https://${aws_api_gateway_rest_api.this["api"].id}.execute-api.${local.region}.${data.aws_partition.current.dns_suffix}/${local.api_stage}", "")

  environment = {
    ORDERFLOW_WORKFLOW               = var.workflow
    ORDERFLOW_DATA_TABLE             = local.shared.data_table
    ORDERFLOW_OUTBOX_TABLE           = module.outbox.name
    ORDERFLOW_STREAMED_TABLES        = jsonencode({ for name in compact([local.streamed_table]) : var.workflow => module.tables[name].name })
    ORDERFLOW_RECEIPTS_BUCKET        = local.shared.receipts_bucket
    ORDERFLOW_TOPICS                 = jsonencode({ for name, topic in aws_sns_topic.this : name => topic.arn })
    ORDERFLOW_QUEUES                 = jsonencode({ for name, queue in local.queue_modules : name => queue.url })
    ORDERFLOW_EVENT_BUS              = local.shared.event_bus
    ORDERFLOW_STATE_MACHINES         = jsonencode(local.machine_arns)
    ORDERFLOW_ALARMS                 = jsonencode({ for name in keys(local.alarms) : name => "${local.prefix}-${name}" })
    ORDERFLOW_SECRET                 = local.shared.secret_arn
    ORDERFLOW_MAIL_FROM              = local.shared.mail_from
    ORDERFLOW_MAIL_CONFIGURATION_SET = local.shared.mail_configuration_set
    ORDERFLOW_SHOP_NAME              = local.shared.shop_name
    ORDERFLOW_PUBLIC_URL             = try(coalesce(var.public_url, local.api_url), "")
    ORDERFLOW_STOCK_SHARDS           = tostring(local.shared.stock_shards)
    ORDERFLOW_LINK_EXPIRES_HOURS     = tostring(local.shared.link_expires_hours)
    ORDERFLOW_FAILURE_RATES          = jsonencode({ (var.workflow) = var.payment_failure_rate })
    ORDERFLOW_LOG                    = var.log_level
  }

  # The function asks for the operator's key itself, and does not take the gateway's word for a request that the gateway
  # asked nothing of.
  api_environment = {
    ORDERFLOW_INTAKE_AUTH = var.intake_authorization == "document" ? try(local.apis[0].Auth, "none") : var.intake_authorization
  }

  function_stack = {
    architecture          = local.shared.architecture
    artifacts_bucket      = var.artifacts_bucket
    artifact_key          = var.artifact_key
    log_retention_in_days = local.log_retention
    kms_key_arn           = local.shared.kms_key_arn
    subnet_ids            = local.shared.subnet_ids
    security_group_ids    = local.shared.security_group_ids
    failures_queue_arn    = module.failures.arn
    alarm_actions         = [local.shared.alarm_topic_arn]
    errors_threshold      = var.errors_threshold
    reserved_concurrency  = var.reserved_concurrency
  }

  # Reading a stream or a queue is what Lambda does with the function's role.
  stream_actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
  queue_actions  = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
  event_sources = merge(
    { DeliverOutbox = { arn = module.outbox.stream_arn, actions = local.stream_actions } },
    { for name, queue in local.queues : queue.Consumer => { arn = local.queue_modules[name].arn, actions = local.queue_actions } if try(queue.Consumer, null) != null },
  )
  # Whom rules, alarms and schedules invoke without waiting.
  invoked_asynchronously = setunion(
    ["DeliverOutbox"], flatten(values(local.rule_targets)), flatten([for actions in values(local.alarm_actions) : values(actions)])
  )
}

module "functions" {
  source   = "../function"
  for_each = local.function_names

  name              = "${local.prefix}-${each.key}"
  function          = each.key
  facts             = local.functions[each.key]
  resources         = local.resources
  environment       = each.key == "Api" ? merge(local.environment, local.api_environment) : local.environment
  event_source      = lookup(local.event_sources, each.key, null)
  receives_failures = contains(local.invoked_asynchronously, each.key)
  stack             = local.function_stack
}

# What could not be handed over: batches of the outbox, records of the pipe, events of rules.
module "failures" {
  source             = "../queue"
  name               = "${local.prefix}-failures"
  holds_dead_letters = true
  alarm_actions      = [local.shared.alarm_topic_arn]
  kms_key_arn        = local.shared.kms_key_arn
  senders = [{
    service    = "events.amazonaws.com"
    source_arn = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${local.shared.event_bus}/${local.prefix}-*"
  }]
}
