output "data_table" {
  description = "The table of orders, stock and customers."
  value       = module.data.name
}

output "receipts_bucket" {
  description = "The bucket of receipts."
  value       = aws_s3_bucket.receipts.id
}

output "event_bus_arn" {
  description = "The bus."
  value       = aws_cloudwatch_event_bus.this.arn
}

output "user_pool_id" {
  description = "The user pool of customers."
  value       = aws_cognito_user_pool.customers.id
}

output "user_pool_client_id" {
  description = "The user pool's client for the web app."
  value       = aws_cognito_user_pool_client.web.id
}

output "secret_arn" {
  description = "The secret with the operator's key."
  value       = aws_secretsmanager_secret.keys.arn
}

output "alarm_topic_arn" {
  description = "The topic of alarms."
  value       = aws_sns_topic.alarms.arn
}

output "function_arns" {
  description = "The shared functions, by name."
  value       = { for name, function in module.functions : name => function.arn }
}

output "web_bucket" {
  description = "Where the web app's files go."
  value       = one([for bucket in values(aws_s3_bucket.web) : bucket.id])
}

output "web_url" {
  description = "Where the web app is."
  value       = one([for distribution in values(aws_cloudfront_distribution.web) : "https://${distribution.domain_name}"])
}

locals {
  api_origins = flatten([
    for distribution in values(aws_cloudfront_distribution.web) :
    [for origin in distribution.origin : origin if origin.origin_id == "api"]
  ])
}

# What the distribution knows of the API, not what it was told last: `orderflow deploy` goes by it.
output "api_domain" {
  description = "The domain of the API that the web app finds at /api; empty while there is none."
  value       = join("", [for origin in local.api_origins : origin.domain_name])
}

output "api_stage" {
  description = "The stage of that API."
  value       = join("", [for origin in local.api_origins : trimprefix(origin.origin_path, "/")])
}

output "web_acl_arn" {
  description = "The web ACL of the APIs."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}
