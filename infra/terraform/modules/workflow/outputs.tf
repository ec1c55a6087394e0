output "api_url" {
  description = "Where the API answers; empty for a workflow without one."
  value       = local.api_url
}

output "api_id" {
  description = "The REST API's id."
  value       = one([for api in values(aws_api_gateway_rest_api.this) : api.id])
}

output "api_stage" {
  description = "The API's stage."
  value       = local.api_stage
}

output "intakes" {
  description = "Where orders are placed: method and path, and what lets a caller in."
  value       = { for key, intake in local.intakes : key => intake.auth }
}

output "state_machine_arns" {
  description = "The state machines, by workflow."
  value       = { for name, machine in aws_sfn_state_machine.this : name => machine.arn }
}

output "function_arns" {
  description = "The functions, by name."
  value       = { for name, function in module.functions : name => function.arn }
}

output "outbox_table" {
  description = "The outbox's table."
  value       = module.outbox.name
}

output "document_tables" {
  description = "The document's own tables, by name, with their streams."
  value       = { for name, table in module.tables : name => { table = table.name, stream_arn = table.stream_arn } }
}

output "topic_arns" {
  description = "The topics, by name."
  value       = { for name, topic in aws_sns_topic.this : name => topic.arn }
}

output "queue_urls" {
  description = "The queues, by name."
  value       = { for name, queue in local.queue_modules : name => queue.url }
}

output "failures_queue_url" {
  description = "Where ends what could not be delivered."
  value       = module.failures.url
}

output "dashboard" {
  description = "The dashboard's name."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
