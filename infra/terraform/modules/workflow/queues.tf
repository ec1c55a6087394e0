# Queues with their dead letters, and who takes their messages.

locals {
  # A queue of dead letters is declared by the redrive policy that names it.
  dead_letters = {
    for name, queue in local.queues : name => try(queue.RedrivePolicy.deadLetterTargetArn, "${name}DeadLetters")
    if try(queue.RedrivePolicy, null) != null
  }
  undeclared  = setsubtract(values(local.dead_letters), keys(local.queues))
  queue_specs = merge({ for name in local.undeclared : name => {} }, local.queues)
  # Rules may hand events to a queue, and topics messages.
  queue_senders = {
    for name in keys(local.queue_specs) : name => concat(
      [for rule, targets in local.rule_targets : { service = "events.amazonaws.com", source_arn = "${local.rule_arn_prefix}${rule}" } if contains(targets, name)],
      [for subscription in values(local.subscriptions) : { service = "sns.amazonaws.com", source_arn = aws_sns_topic.this[subscription.topic].arn } if subscription.protocol == "sqs" && subscription.endpoint == name],
    )
  }
  queue_modules = merge(module.queues, module.dead_letters)
}

module "dead_letters" {
  source   = "../queue"
  for_each = toset(values(local.dead_letters))

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = tonumber(try(local.queues[each.key].VisibilityTimeout, 30))
  retention_seconds          = tonumber(try(local.queues[each.key].MessageRetentionPeriod, 1209600))
  holds_dead_letters         = true
  alarm_actions              = [local.shared.alarm_topic_arn]
  kms_key_arn                = local.shared.kms_key_arn
}

module "queues" {
  source   = "../queue"
  for_each = { for name, queue in local.queues : name => queue if !contains(values(local.dead_letters), name) }

  name = "${var.name}-${each.key}"
  # Not below the consumer's timeout: a message would come back while it is being handled, so Lambda refuses it.
  visibility_timeout_seconds = max(
    tonumber(try(each.value.VisibilityTimeout, 30)), try(local.functions[each.value.Consumer].Timeout, 0)
  )
  retention_seconds     = tonumber(try(each.value.MessageRetentionPeriod, 345600))
  delay_seconds         = tonumber(try(each.value.DelaySeconds, 0))
  max_receive_count     = try(tonumber(each.value.RedrivePolicy.maxReceiveCount), null)
  dead_letter_queue_arn = try(module.dead_letters[local.dead_letters[each.key]].arn, null)
  senders               = local.queue_senders[each.key]
  alarm_actions         = [local.shared.alarm_topic_arn]
  kms_key_arn           = local.shared.kms_key_arn
}

resource "aws_lambda_event_source_mapping" "queues" {
  for_each                = { for name, queue in local.queues : name => queue.Consumer if contains(local.step_names, try(queue.Consumer, "")) }
  event_source_arn        = module.queues[each.key].arn
  function_name           = module.functions[each.value].arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
}
