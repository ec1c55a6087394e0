# The outbox: what a step wants sent, committed with the step, and delivered from the table's stream.

module "outbox" {
  source              = "../table"
  name                = "${local.prefix}-outbox"
  partition_key       = local.tables.outbox.KeySchema.PartitionKey
  sort_key            = try(local.tables.outbox.KeySchema.SortKey, null)
  indexes             = local.outbox_indexes
  stream_view_type    = local.tables.outbox.StreamViewType
  ttl_attribute       = try(local.tables.outbox.TimeToLiveAttribute, null)
  deletion_protection = var.deletion_protection
  kms_key_arn         = local.shared.kms_key_arn
}

locals {
  outbox_indexes = [for index in local.tables.outbox.GlobalSecondaryIndexes : {
    name          = index.IndexName
    partition_key = index.PartitionKey
    sort_key      = try(index.SortKey, null)
    projection    = try(index.Projection, "ALL")
  }]
}

resource "aws_lambda_event_source_mapping" "outbox" {
  event_source_arn               = module.outbox.stream_arn
  function_name                  = module.functions["DeliverOutbox"].arn
  starting_position              = "TRIM_HORIZON"
  batch_size                     = 25
  parallelization_factor         = 4
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 5
  maximum_record_age_in_seconds  = 3600
  function_response_types        = ["ReportBatchItemFailures"]

  # Marking an item delivered comes back through the stream, and is nobody's business.
  filter_criteria {
    filter {
      pattern = jsonencode({ eventName = ["INSERT"] })
    }
  }

  destination_config {
    on_failure {
      destination_arn = module.failures.arn
    }
  }
}

# What was not delivered at once is due again later.
resource "aws_scheduler_schedule" "sweep" {
  #checkov:skip=CKV_AWS_297:the schedule holds no data; with kms_key_arn it is encrypted by the customer's own key
  name                = "${local.prefix}-sweep"
  description         = "Delivers what is due in the outbox of ${var.workflow}."
  schedule_expression = "rate(1 minute)"
  kms_key_arn         = local.shared.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.functions["DeliverOutbox"].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ source = "aws.scheduler", "detail-type" = "Scheduled Event", detail = {} })

    # The next minute's call does the same.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name = "${local.prefix}-scheduler-${local.region}"
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
      Sid      = "DeliverOutbox"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = module.functions["DeliverOutbox"].arn
    }]
  })
}
