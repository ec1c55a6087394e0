# Topics, and who listens to them.

locals {
  subscriptions = merge([
    for topic, spec in local.topics : {
      for index, subscription in try(spec.Subscriptions, []) : "${topic}.${index}" => {
        topic    = topic
        protocol = subscription.Protocol
        endpoint = subscription.Endpoint
      }
      # Without a value the subscription is left out.
      if subscription.Endpoint != ""
    }
  ]...)
}

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:alarms and rules cannot publish to a topic under the key aws/sns; with kms_key_arn the customer's own key encrypts it
  for_each          = local.topics
  name              = "${var.name}-${each.key}"
  kms_master_key_id = local.shared.kms_key_arn
}

resource "aws_sns_topic_policy" "this" {
  for_each = local.topics
  arn      = aws_sns_topic.this[each.key].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[each.key].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "AlarmsAndRules"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[each.key].arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "this" {
  for_each               = local.subscriptions
  topic_arn              = aws_sns_topic.this[each.value.topic].arn
  protocol               = each.value.protocol
  endpoint               = each.value.protocol == "sqs" ? local.queue_modules[each.value.endpoint].arn : each.value.endpoint
  endpoint_auto_confirms = startswith(each.value.protocol, "http")
}
