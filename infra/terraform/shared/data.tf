# What a shop knows, and where its receipts are.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  account   = data.aws_caller_identity.current.account_id
  table     = jsondecode(file("${path.module}/../../tables.json")).data
}

module "data" {
  source              = "../modules/table"
  name                = "${var.name}-data"
  partition_key       = local.table.KeySchema.PartitionKey
  sort_key            = try(local.table.KeySchema.SortKey, null)
  stream_view_type    = try(local.table.StreamViewType, null)
  ttl_attribute       = try(local.table.TimeToLiveAttribute, null)
  deletion_protection = var.deletion_protection
  kms_key_arn         = local.kms_key_arn
  indexes = [for index in local.table.GlobalSecondaryIndexes : {
    name          = index.IndexName
    partition_key = index.PartitionKey
    sort_key      = try(index.SortKey, null)
    projection    = try(index.Projection, "ALL")
  }]
}

resource "aws_s3_bucket" "receipts" {
  #checkov:skip=CKV_AWS_18:who reads a receipt is in CloudTrail's data events where they are on; access logs would need a bucket more
  #checkov:skip=CKV_AWS_144:a receipt is a function of its order and can be made again; the orders are in the table, with point-in-time recovery
  #checkov:skip=CKV_AWS_145:AES256 unless enable_customer_key
  #checkov:skip=CKV2_AWS_62:nothing waits for receipts to appear
  bucket        = "${var.name}-receipts-${local.account}-${local.region}"
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "receipts" {
  bucket                  = aws_s3_bucket.receipts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "receipts" {
  bucket = aws_s3_bucket.receipts.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.enable_customer_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "receipts" {
  bucket = aws_s3_bucket.receipts.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "receipts" {
  bucket = aws_s3_bucket.receipts.id

  rule {
    id     = "receipts"
    status = "Enabled"
    filter {
      prefix = "receipts/"
    }
    transition {
      days          = var.receipts_kept_days
      storage_class = "STANDARD_IA"
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.receipts]
}

resource "aws_s3_bucket_policy" "receipts" {
  bucket = aws_s3_bucket.receipts.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.receipts.arn, "${aws_s3_bucket.receipts.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  depends_on = [aws_s3_bucket_public_access_block.receipts]
}

resource "aws_cloudwatch_event_bus" "this" {
  name               = var.name
  kms_key_identifier = local.kms_key_arn
}

# The operator's key and the key that signs order tokens. Made here once, never in the state.
ephemeral "aws_secretsmanager_random_password" "operator_key" {
  password_length     = 40
  exclude_punctuation = true
}

ephemeral "aws_secretsmanager_random_password" "signing_key" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "keys" {
  #checkov:skip=CKV_AWS_149:encrypted by aws/secretsmanager; with enable_customer_key by the customer's own key
  #checkov:skip=CKV2_AWS_57:a new signing key would close every order's page that customers have a link to: changing the keys is the operator's decision (secret version)
  name                    = "${var.name}/keys"
  description             = "OrderFlow: the operator's key, and the key that signs order tokens."
  kms_key_id              = local.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "keys" {
  secret_id = aws_secretsmanager_secret.keys.id
  secret_string_wo = jsonencode({
    operator_key = ephemeral.aws_secretsmanager_random_password.operator_key.random_password
    signing_key  = ephemeral.aws_secretsmanager_random_password.signing_key.random_password
  })
  # Counted up to make new keys.
  secret_string_wo_version = var.keys_version
}

# What the workflows' stacks need of this one.
resource "aws_ssm_parameter" "shared" {
  #checkov:skip=CKV2_AWS_34:names and ARNs, no secret among them
  name        = "/${var.name}/shared"
  description = "OrderFlow: what the workflows' stacks need of the shared one."
  type        = "String"
  tier        = "Intelligent-Tiering"
  value = jsonencode({
    alarm_topic_arn            = aws_sns_topic.alarms.arn
    architecture               = var.architecture
    data_table                 = module.data.name
    data_table_arn             = module.data.arn
    event_bus                  = aws_cloudwatch_event_bus.this.name
    event_bus_arn              = aws_cloudwatch_event_bus.this.arn
    kms_key_arn                = local.kms_key_arn
    link_expires_hours         = var.link_expires_hours
    mail_configuration_set     = aws_sesv2_configuration_set.this.configuration_set_name
    mail_configuration_set_arn = aws_sesv2_configuration_set.this.arn
    mail_from                  = var.mail_from
    mail_identity_arn          = aws_sesv2_email_identity.sender.arn
    receipts_bucket            = aws_s3_bucket.receipts.id
    receipts_bucket_arn        = aws_s3_bucket.receipts.arn
    secret_arn                 = aws_secretsmanager_secret.keys.arn
    security_group_ids         = aws_security_group.functions[*].id
    shop_name                  = var.shop_name
    stock_shards               = var.stock_shards
    subnet_ids                 = [for zone in local.zones : aws_subnet.private[zone].id]
    user_pool_arn              = aws_cognito_user_pool.customers.arn
    web_acl_arn                = one(aws_wafv2_web_acl.this[*].arn)
  })
}
