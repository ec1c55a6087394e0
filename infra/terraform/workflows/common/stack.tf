# A workflow's stack. Each folder beside this one names its workflow and takes the rest, the same for all, from here.
# What the variables mean and which values they take: modules/workflow/variables.tf.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

module "workflow" {
  source   = "../../modules/workflow"
  workflow = local.workflow

  name                  = var.name
  artifacts_bucket      = var.artifacts_bucket
  artifact_key          = var.artifact_key
  parameters            = var.parameters
  intake_authorization  = var.intake_authorization
  api_stage             = var.api_stage
  require_api_key       = var.require_api_key
  throttle_rate         = var.throttle_rate
  throttle_burst        = var.throttle_burst
  public_url            = var.public_url
  quota_per_day         = var.quota_per_day
  enable_waf            = var.enable_waf
  enable_tracing_group  = var.enable_tracing_group
  log_retention_in_days = var.log_retention_in_days
  log_level             = var.log_level
  reserved_concurrency  = var.reserved_concurrency
  errors_threshold      = var.errors_threshold
  payment_failure_rate  = var.payment_failure_rate
  state_machine_type    = var.state_machine_type
  pipe_state            = var.pipe_state
  deletion_protection   = var.deletion_protection
}

variable "name" {
  type    = string
  default = "orderflow"
}

variable "artifacts_bucket" {
  type = string
}

variable "artifact_key" {
  type = string
}

variable "parameters" {
  type    = map(string)
  default = null
}

variable "intake_authorization" {
  type    = string
  default = null
}

variable "api_stage" {
  type    = string
  default = null
}

variable "require_api_key" {
  type    = bool
  default = null
}

variable "throttle_rate" {
  type    = number
  default = null
}

variable "throttle_burst" {
  type    = number
  default = null
}

variable "public_url" {
  type    = string
  default = null
}

variable "quota_per_day" {
  type    = number
  default = null
}

variable "enable_waf" {
  type    = bool
  default = null
}

variable "enable_tracing_group" {
  type    = bool
  default = null
}

variable "log_retention_in_days" {
  type    = number
  default = null
}

variable "log_level" {
  type    = string
  default = null
}

variable "reserved_concurrency" {
  type    = map(number)
  default = null
}

variable "errors_threshold" {
  type    = number
  default = null
}

variable "payment_failure_rate" {
  type    = number
  default = null
}

variable "state_machine_type" {
  type    = string
  default = null
}

variable "pipe_state" {
  type    = string
  default = null
}

variable "deletion_protection" {
  type    = bool
  default = null
}

output "api_url" {
  value = module.workflow.api_url
}

output "api_id" {
  value = module.workflow.api_id
}

output "api_stage" {
  value = module.workflow.api_stage
}

output "intakes" {
  value = module.workflow.intakes
}

output "state_machine_arns" {
  value = module.workflow.state_machine_arns
}

output "function_arns" {
  value = module.workflow.function_arns
}

output "outbox_table" {
  value = module.workflow.outbox_table
}

output "document_tables" {
  value = module.workflow.document_tables
}

output "topic_arns" {
  value = module.workflow.topic_arns
}

output "queue_urls" {
  value = module.workflow.queue_urls
}

output "failures_queue_url" {
  value = module.workflow.failures_queue_url
}

output "dashboard" {
  value = module.workflow.dashboard
}
