# The state machines: the very files that the embedded home runs, with the ARNs filled in.

locals {
  # `order-completed` is `OrderCompletedTopic` in placeholders.
  topic_placeholders = {
    for name in keys(local.topics) : name => "${trimsuffix(join("", [
      for word in compact(split(" ", replace(name, "/[-_.]/", " "))) : "${upper(substr(word, 0, 1))}${substr(word, 1, -1)}"
    ]), "Topic")}Topic"
  }
  substitutions = merge(
    { for name, function in module.functions : "${name}Arn" => function.arn },
    { for name, topic in aws_sns_topic.this : "${local.topic_placeholders[name]}Arn" => topic.arn },
    { for name, queue in local.queue_modules : "${name}Arn" => queue.arn },
    { for name, queue in local.queue_modules : "${name}Url" => queue.url },
    { EventBusName = local.shared.event_bus },
  )
  # Express workflows end within five minutes and wait for nobody.
  may_be_express = {
    for machine, text in local.definitions : machine =>
    try(jsondecode(text).TimeoutSeconds <= 300, false) && length(regexall("waitForTaskToken|\\.sync|:activity:", text)) == 0
  }
  # What a machine may do, by what its definition names.
  machine_statements = {
    for machine, names in local.placeholders : machine => [
      for statement in [
        {
          Sid      = "Steps"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = sort([for name, function in module.functions : function.arn if contains(names, "${name}Arn")])
        },
        {
          Sid      = "Topics"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = sort([for name, topic in aws_sns_topic.this : topic.arn if contains(names, "${local.topic_placeholders[name]}Arn")])
        },
        {
          Sid      = "Queues"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = sort([for name, queue in local.queue_modules : queue.arn if contains(names, "${name}Url")])
        },
        {
          Sid      = "Bus"
          Effect   = "Allow"
          Action   = ["events:PutEvents"]
          Resource = [for name in names : local.shared.event_bus_arn if name == "EventBusName"]
        },
      ] : statement if length(statement.Resource) > 0
    ]
  }
}

resource "aws_cloudwatch_log_group" "machines" {
  #checkov:skip=CKV_AWS_158:encrypted by CloudWatch Logs; with kms_key_arn by the customer's own key
  #checkov:skip=CKV_AWS_338:the retention is the workflow's own, as its document says (30 days), and a variable
  for_each          = local.machines
  name              = "/aws/vendedlogs/states/${var.name}-${each.key}"
  retention_in_days = local.log_retention
  kms_key_id        = local.shared.kms_key_arn
}

resource "aws_iam_role" "machines" {
  for_each = local.machines
  name     = "${var.name}-${each.key}-machine-${local.region}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "machines" {
  #checkov:skip=CKV_AWS_355:log delivery and X-Ray know no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  #checkov:skip=CKV_AWS_290:see CKV_AWS_355
  #checkov:skip=CKV_AWS_289:see CKV_AWS_355
  for_each = local.machines
  name     = "permissions"
  role     = aws_iam_role.machines[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.machine_statements[each.key], local.machine_key, [
      {
        Sid    = "LogDelivery"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
      {
        Sid    = "Traces"
        Effect = "Allow"
        Action = [
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ]
        Resource = "*"
      },
    ])
  })
}

locals {
  # Publishing to a topic or queue that the customer's own key encrypts takes that key.
  machine_key = [for arn in compact([local.shared.kms_key_arn]) : {
    Sid      = "Key"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = arn
  }]
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:every event is logged, without its data: inputs hold what customers sent
  for_each   = local.machines
  name       = "${var.name}-${each.key}"
  role_arn   = aws_iam_role.machines[each.key].arn
  type       = local.may_be_express[each.key] ? var.state_machine_type : "STANDARD"
  definition = templatefile("${local.workflows}/${each.key}/workflow.asl.json", local.substitutions)

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machines[each.key].arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.machines]
}
