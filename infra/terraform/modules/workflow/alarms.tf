# Alarms: those of the workflow's document, and those every workflow needs.

locals {
  namespaces = { ApproximateNumberOfMessagesVisible = "AWS/SQS", ExecutionsFailed = "AWS/States" }
  alarm_namespaces = {
    for name, alarm in local.alarms : name => try(alarm.Namespace, lookup(local.namespaces, alarm.MetricName, "OrderFlow"))
  }
  # The document names a queue as itself; on AWS its name has the deployment's before it. The workflow's own
  # executions need no dimension in the document.
  alarm_dimensions = {
    for name, alarm in local.alarms : name => merge(
      {
        for dimension in try(alarm.Dimensions, []) :
        dimension.Name => contains(keys(local.queue_specs), dimension.Value) ? "${var.name}-${dimension.Value}" : dimension.Value
      },
      local.alarm_namespaces[name] == "AWS/States" ? { StateMachineArn = aws_sfn_state_machine.this[var.workflow].arn } : {},
    )
  }
  step_alarms = merge([
    for alarm, actions in local.alarm_actions : {
      for step in distinct(flatten(values(actions))) : "${alarm}-${step}" => { alarm = alarm, step = step }
      if contains(local.step_names, step)
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "document" {
  for_each                  = local.alarms
  alarm_name                = "${local.prefix}-${each.key}"
  alarm_description         = try(each.value.AlarmDescription, "${each.key} of the workflow ${var.workflow}.")
  namespace                 = local.alarm_namespaces[each.key]
  metric_name               = each.value.MetricName
  dimensions                = local.alarm_dimensions[each.key]
  statistic                 = try(each.value.Statistic, "Maximum")
  comparison_operator       = each.value.ComparisonOperator
  threshold                 = tonumber(each.value.Threshold)
  period                    = tonumber(each.value.Period)
  evaluation_periods        = tonumber(each.value.EvaluationPeriods)
  datapoints_to_alarm       = try(tonumber(each.value.DatapointsToAlarm), null)
  treat_missing_data        = try(each.value.TreatMissingData, "missing")
  alarm_actions             = [for action in local.alarm_actions[each.key].AlarmActions : local.target_arns[action]]
  ok_actions                = [for action in local.alarm_actions[each.key].OKActions : local.target_arns[action]]
  insufficient_data_actions = [for action in local.alarm_actions[each.key].InsufficientDataActions : local.target_arns[action]]
}

resource "aws_lambda_permission" "alarms" {
  for_each      = local.step_alarms
  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = module.functions[each.value.step].name
  principal     = "lambda.alarms.cloudwatch.amazonaws.com"
  source_arn    = aws_cloudwatch_metric_alarm.document[each.value.alarm].arn
}

resource "aws_cloudwatch_metric_alarm" "machines" {
  for_each            = { for pair in setproduct(local.machines, ["ExecutionsFailed", "ExecutionsTimedOut"]) : "${pair[0]}-${pair[1]}" => { machine = pair[0], metric = pair[1] } }
  alarm_name          = "${var.name}-${each.value.machine}-${each.value.metric == "ExecutionsFailed" ? "executions-failed" : "executions-timed-out"}"
  alarm_description   = "An execution of ${each.value.machine} ${each.value.metric == "ExecutionsFailed" ? "failed" : "ran out of time"}."
  namespace           = "AWS/States"
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = aws_sfn_state_machine.this[each.value.machine].arn }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.shared.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "api" {
  count               = length(local.apis) > 0 ? 1 : 0
  alarm_name          = "${local.prefix}-api-errors"
  alarm_description   = "The API of ${var.workflow} answers with errors of its own."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  dimensions          = { ApiName = local.api_name, Stage = local.api_stage }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.shared.alarm_topic_arn]
}
