variable "name" {
  description = "The function's name on AWS."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "name: \"${var.name}\" has more than the 64 characters that a function's name may have; choose a shorter name for the deployment or the workflow."
  }
}

variable "function" {
  description = "Which function of the bootstrap it is: a step, Api, DeliverOutbox, …"
  type        = string
}

variable "facts" {
  description = "What infra/functions.json says of it."
  type = object({
    Timeout     = number
    MemorySize  = number
    Permissions = map(list(string))
  })
}

variable "resources" {
  description = "The ARNs that each alias of infra/functions.json stands for in this stack."
  type        = map(list(string))

  validation {
    condition     = length(setsubtract(keys(var.facts.Permissions), keys(var.resources))) == 0
    error_message = "infra/functions.json gives ${var.function} permissions on ${join(", ", setsubtract(keys(var.facts.Permissions), keys(var.resources)))}, and this stack has no such alias; it has ${join(", ", keys(var.resources))}."
  }
}

variable "environment" {
  description = "The environment, but for ORDERFLOW_FUNCTION."
  type        = map(string)
}

variable "event_source" {
  description = "What the function is fed from, and what reading it takes."
  type        = object({ arn = string, actions = list(string) })
  default     = null
}

variable "receives_failures" {
  description = "Whether events that it failed on go to the stack's queue of failures: for functions that are invoked asynchronously."
  type        = bool
  default     = false
}

variable "stack" {
  description = "What all functions of a stack share."
  type = object({
    architecture          = string
    artifacts_bucket      = string
    artifact_key          = string
    log_retention_in_days = number
    kms_key_arn           = optional(string)
    subnet_ids            = optional(list(string), [])
    security_group_ids    = optional(list(string), [])
    failures_queue_arn    = string
    alarm_actions         = list(string)
    errors_threshold      = number
    reserved_concurrency  = optional(map(number), {})
  })
}
