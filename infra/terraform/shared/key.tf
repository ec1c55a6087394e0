# The customer's own key, when there is to be one: for tables, topics, queues, logs, functions and receipts.

locals {
  kms_key_arn = one(aws_kms_key.this[*].arn)
}

resource "aws_kms_key" "this" {
  count               = var.enable_customer_key ? 1 : 0
  description         = "OrderFlow: everything of ${var.name}"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid    = "Services"
        Effect = "Allow"
        Principal = { Service = [
          "cloudwatch.amazonaws.com",
          "delivery.logs.amazonaws.com",
          "events.amazonaws.com",
          "lambda.amazonaws.com",
          "pipes.amazonaws.com",
          "s3.amazonaws.com",
          "scheduler.amazonaws.com",
          "ses.amazonaws.com",
          "sns.amazonaws.com",
        ] }
        Action    = local.key_actions
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.${data.aws_partition.current.dns_suffix}" }
        Action    = local.key_actions
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account}:*" } }
      },
    ]
  })
}

locals {
  key_actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
}

resource "aws_kms_alias" "this" {
  count         = var.enable_customer_key ? 1 : 0
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}
