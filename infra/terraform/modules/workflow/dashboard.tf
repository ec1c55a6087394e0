# What an operator looks at first: orders coming in, executions, functions, queues.

locals {
  dashboard_queues = concat([for name in keys(local.queue_specs) : "${var.name}-${name}"], ["${local.prefix}-failures"])
  widgets = concat(
    [{
      title = "Executions"
      metrics = [
        for pair in setproduct(sort(tolist(local.machines)), ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"]) :
        ["AWS/States", pair[1], "StateMachineArn", aws_sfn_state_machine.this[pair[0]].arn, { stat = "Sum", label = "${pair[0]} ${pair[1]}" }]
      ]
    }],
    [
      {
        title   = "Calls of functions"
        metrics = [for name in sort(tolist(local.function_names)) : ["AWS/Lambda", "Invocations", "FunctionName", module.functions[name].name, { stat = "Sum" }]]
      },
      {
        title   = "Errors of functions"
        metrics = [for name in sort(tolist(local.function_names)) : ["AWS/Lambda", "Errors", "FunctionName", module.functions[name].name, { stat = "Sum" }]]
      },
      {
        title   = "Duration of functions, p99"
        metrics = [for name in sort(tolist(local.function_names)) : ["AWS/Lambda", "Duration", "FunctionName", module.functions[name].name, { stat = "p99" }]]
      },
      {
        title   = "Messages waiting"
        metrics = [for name in local.dashboard_queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { stat = "Maximum" }]]
      },
    ],
    [for name in slice([local.api_name], 0, min(1, length(local.apis))) : {
      title = "Requests"
      metrics = [
        ["AWS/ApiGateway", "Count", "ApiName", name, "Stage", local.api_stage, { stat = "Sum" }],
        ["AWS/ApiGateway", "4XXError", "ApiName", name, "Stage", local.api_stage, { stat = "Sum" }],
        ["AWS/ApiGateway", "5XXError", "ApiName", name, "Stage", local.api_stage, { stat = "Sum" }],
        ["AWS/ApiGateway", "Latency", "ApiName", name, "Stage", local.api_stage, { stat = "p99" }],
      ]
    }],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${local.prefix}-EcommerceProcessingDashboard"
  dashboard_body = jsonencode({
    widgets = [for index, widget in local.widgets : {
      type   = "metric"
      x      = index % 2 * 12
      y      = floor(index / 2) * 6
      width  = 12
      height = 6
      properties = {
        title   = widget.title
        region  = local.region
        view    = "timeSeries"
        period  = 60
        metrics = widget.metrics
      }
    }]
  })
}

resource "aws_xray_group" "this" {
  count             = var.enable_tracing_group ? 1 : 0
  group_name        = local.prefix
  filter_expression = "service(begins_with(\"${local.prefix}\"))"

  insights_configuration {
    insights_enabled      = true
    notifications_enabled = false
  }
}
