# A queue: encrypted, spoken to over TLS only, with a redrive to its dead letters when it has some.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  # Its policy is part of the queue, so it cannot ask the queue for its ARN.
  arn = join(":", ["arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.name, data.aws_caller_identity.current.account_id, var.name])
}

resource "aws_sqs_queue" "this" {
  #checkov:skip=CKV_AWS_27:encrypted by SQS (sqs_managed_sse_enabled); with kms_key_arn by the customer's own key
  name                              = var.name
  visibility_timeout_seconds        = var.visibility_timeout_seconds
  message_retention_seconds         = var.retention_seconds
  delay_seconds                     = var.delay_seconds
  receive_wait_time_seconds         = 20
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 3600

  redrive_policy = var.max_receive_count == null ? null : jsonencode({
    deadLetterTargetArn = var.dead_letter_queue_arn
    maxReceiveCount     = var.max_receive_count
  })

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = local.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [for index, sender in var.senders : {
        Sid       = "Sender${index}"
        Effect    = "Allow"
        Principal = { Service = sender.service }
        Action    = "sqs:SendMessage"
        Resource  = local.arn
        Condition = { ArnLike = { "aws:SourceArn" = sender.source_arn } }
      }],
    )
  })
}

# Messages that nothing takes need a person.
resource "aws_cloudwatch_metric_alarm" "not_empty" {
  count               = var.holds_dead_letters ? 1 : 0
  alarm_name          = "${var.name}-not-empty"
  alarm_description   = "Something could not be delivered and waits in ${var.name}."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}
