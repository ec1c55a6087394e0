# Mail: the sender, and what becomes of mails that come back.

resource "aws_sesv2_email_identity" "sender" {
  email_identity         = coalesce(var.mail_domain, var.mail_from)
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
}

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = var.name

  delivery_options {
    tls_policy = "REQUIRE"
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  sending_options {
    sending_enabled = true
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

resource "aws_sesv2_configuration_set_event_destination" "bounces" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = "bounces"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "REJECT"]
    sns_destination {
      topic_arn = aws_sns_topic.mail_events.arn
    }
  }

  depends_on = [aws_sns_topic_policy.mail_events]
}

resource "aws_sns_topic" "mail_events" {
  #checkov:skip=CKV_AWS_26:SES cannot publish to a topic under the key aws/sns; with kms_key_arn the customer's own key encrypts it
  name              = "${var.name}-mail-events"
  kms_master_key_id = local.kms_key_arn
}

resource "aws_sns_topic_policy" "mail_events" {
  arn = aws_sns_topic.mail_events.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Mail"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.mail_events.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "bounces" {
  topic_arn      = aws_sns_topic.mail_events.arn
  protocol       = "lambda"
  endpoint       = module.functions["RecordBounce"].arn
  redrive_policy = jsonencode({ deadLetterTargetArn = module.failures.arn })
}

resource "aws_lambda_permission" "bounces" {
  statement_id  = "bounces"
  action        = "lambda:InvokeFunction"
  function_name = module.functions["RecordBounce"].name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.mail_events.arn
}

# Who is woken up.
resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot publish to a topic under the key aws/sns; with kms_key_arn the customer's own key encrypts it
  name              = "${var.name}-alarms"
  kms_master_key_id = local.kms_key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
