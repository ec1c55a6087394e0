# The bus's rules and the pipe.

locals {
  rule_arn_prefix = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${local.shared.event_bus}/${local.prefix}-"
  rule_pairs = merge([
    for rule, targets in local.rule_targets : { for target in targets : "${rule}.${target}" => { rule = rule, target = target } }
  ]...)
  # By its name: what a target is.
  target_arns = merge(
    { workflow = aws_sfn_state_machine.this[var.workflow].arn, event-bus = local.shared.event_bus_arn },
    { for name, function in module.functions : name => function.arn },
    { for name, queue in local.queue_modules : name => queue.arn },
    { for name, topic in aws_sns_topic.this : name => topic.arn },
  )
  starts_workflow = contains(flatten(values(local.rule_targets)), "workflow")
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each       = local.rules
  name           = "${local.prefix}-${each.key}"
  description    = "${each.key} of the workflow ${var.workflow}."
  event_bus_name = local.shared.event_bus
  event_pattern  = jsonencode(each.value.EventPattern)
}

resource "aws_cloudwatch_event_target" "this" {
  for_each       = local.rule_pairs
  rule           = aws_cloudwatch_event_rule.this[each.value.rule].name
  event_bus_name = local.shared.event_bus
  target_id      = each.value.target
  arn            = local.target_arns[each.value.target]
  role_arn       = each.value.target == "workflow" ? aws_iam_role.rules[0].arn : null

  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = module.failures.arn
  }
}

resource "aws_lambda_permission" "rules" {
  for_each      = { for key, pair in local.rule_pairs : key => pair if contains(local.step_names, pair.target) }
  statement_id  = replace(each.key, ".", "-")
  action        = "lambda:InvokeFunction"
  function_name = module.functions[each.value.target].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.value.rule].arn
}

resource "aws_iam_role" "rules" {
  count = local.starts_workflow ? 1 : 0
  name  = "${local.prefix}-rules-${local.region}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "rules" {
  count = local.starts_workflow ? 1 : 0
  name  = "permissions"
  role  = aws_iam_role.rules[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Workflow"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = aws_sfn_state_machine.this[var.workflow].arn
    }]
  })
}

locals {
  pipes = local.pipe == null ? {} : { (var.workflow) = local.pipe }
  # From a table's stream, or from a queue.
  pipe_streams = contains(keys(local.tables_own), try(local.pipe.Source, ""))
  pipe_source  = local.pipe == null ? null : local.pipe_streams ? module.tables[local.pipe.Source].stream_arn : local.queue_modules[local.pipe.Source].arn
  pipe_target_actions = {
    workflow  = ["states:StartExecution"]
    event-bus = ["events:PutEvents"]
  }
  pipe_statements = local.pipe == null ? [] : concat(
    [{
      Sid      = "Source"
      Effect   = "Allow"
      Action   = local.pipe_streams ? concat(local.stream_actions, ["dynamodb:ListStreams"]) : local.queue_actions
      Resource = local.pipe_source
    }],
    [for step in compact([try(local.pipe.Enrichment, "")]) : {
      Sid      = "Enrichment"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = module.functions[step].arn
    }],
    [{
      Sid    = "Target"
      Effect = "Allow"
      Action = lookup(local.pipe_target_actions, local.pipe.Target,
        contains(local.step_names, local.pipe.Target) ? ["lambda:InvokeFunction"] :
        contains(keys(local.topics), local.pipe.Target) ? ["sns:Publish"] : ["sqs:SendMessage"]
      )
      Resource = local.target_arns[local.pipe.Target]
    }],
    [{
      Sid      = "DeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = module.failures.arn
    }],
    local.machine_key,
  )
}

resource "aws_pipes_pipe" "this" {
  #checkov:skip=CKV_AWS_296:encrypted by EventBridge; with kms_key_arn by the customer's own key
  for_each           = local.pipes
  name               = local.prefix
  description        = "From ${each.value.Source} to ${each.value.Target}."
  desired_state      = var.pipe_state
  role_arn           = aws_iam_role.pipe[each.key].arn
  source             = local.pipe_source
  enrichment         = try(module.functions[each.value.Enrichment].arn, null)
  target             = local.target_arns[each.value.Target]
  kms_key_identifier = local.shared.kms_key_arn

  source_parameters {
    dynamic "filter_criteria" {
      for_each = try([each.value.FilterCriteria], [])
      content {
        dynamic "filter" {
          for_each = filter_criteria.value.Filters
          content {
            pattern = jsonencode(filter.value.Pattern)
          }
        }
      }
    }

    dynamic "dynamodb_stream_parameters" {
      for_each = local.pipe_streams ? [each.value] : []
      content {
        starting_position             = "TRIM_HORIZON"
        batch_size                    = tonumber(try(dynamodb_stream_parameters.value.BatchSize, 1))
        maximum_retry_attempts        = 185
        maximum_record_age_in_seconds = 86400
        on_partial_batch_item_failure = "AUTOMATIC_BISECT"
        dead_letter_config {
          arn = module.failures.arn
        }
      }
    }

    dynamic "sqs_queue_parameters" {
      for_each = local.pipe_streams ? [] : [each.value]
      content {
        batch_size = tonumber(try(sqs_queue_parameters.value.BatchSize, 1))
      }
    }
  }

  target_parameters {
    dynamic "step_function_state_machine_parameters" {
      for_each = each.value.Target == "workflow" ? [1] : []
      content {
        invocation_type = "FIRE_AND_FORGET"
      }
    }

    dynamic "eventbridge_event_bus_parameters" {
      for_each = each.value.Target == "event-bus" ? [1] : []
      content {
        # As EventBridge Pipes names what it puts on a bus unless told otherwise.
        source      = "Pipe ${var.workflow}"
        detail_type = "Event from aws:dynamodb"
      }
    }

    dynamic "lambda_function_parameters" {
      for_each = contains(local.step_names, each.value.Target) ? [1] : []
      content {
        invocation_type = "REQUEST_RESPONSE"
      }
    }
  }

  log_configuration {
    level = "ERROR"
    cloudwatch_logs_log_destination {
      log_group_arn = aws_cloudwatch_log_group.pipe[each.key].arn
    }
  }

  depends_on = [aws_iam_role_policy.pipe]
}

resource "aws_cloudwatch_log_group" "pipe" {
  #checkov:skip=CKV_AWS_158:encrypted by CloudWatch Logs; with kms_key_arn by the customer's own key
  #checkov:skip=CKV_AWS_338:the retention is the workflow's own, as its document says (30 days), and a variable
  for_each          = local.pipes
  name              = "/aws/vendedlogs/pipes/${local.prefix}"
  retention_in_days = local.log_retention
  kms_key_id        = local.shared.kms_key_arn
}

resource "aws_iam_role" "pipe" {
  for_each = local.pipes
  name     = "${local.prefix}-pipe-${local.region}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "pipes.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "pipe" {
  for_each = local.pipes
  name     = "permissions"
  role     = aws_iam_role.pipe[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.pipe_statements
  })
}
