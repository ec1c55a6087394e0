variable "workflow" {
  description = "The workflow: a folder of workflows/."
  type        = string

  validation {
    condition     = fileexists("${path.module}/../../../../workflows/${var.workflow}/workflow.asl.json")
    error_message = "workflow: there is no workflows/${var.workflow}/workflow.asl.json."
  }
}

variable "name" {
  description = "The deployment's name, before every name on AWS; the shared stack has the same."
  type        = string
  default     = "orderflow"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: \"${var.name}\" is none: expected 2 to 20 small letters, digits and hyphens, a letter first."
  }
}

variable "artifacts_bucket" {
  description = "The bucket with the bootstrap's zip."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.artifacts_bucket))
    error_message = "artifacts_bucket: \"${var.artifacts_bucket}\" cannot be the name of a bucket."
  }
}

variable "artifact_key" {
  description = "The zip's key in that bucket; another key for another build."
  type        = string

  validation {
    condition     = endswith(var.artifact_key, ".zip")
    error_message = "artifact_key: \"${var.artifact_key}\" names no zip."
  }
}

variable "parameters" {
  description = "Values for the Parameters of the workflow's triggers.json."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.parameters), keys(local.parameters))) == 0
    error_message = "parameters: ${var.workflow} has no ${join(", ", setsubtract(keys(var.parameters), keys(local.parameters)))}; it has ${join(", ", keys(local.parameters))}."
  }
}

variable "intake_authorization" {
  description = "Who may place orders: as triggers.json says (document), anybody (none), who has the operator's key (key), a token of the user pool (jwt), or the rights of an IAM identity (iam)."
  type        = string
  default     = "document"
  nullable    = false

  validation {
    condition     = contains(["document", "none", "key", "jwt", "iam"], var.intake_authorization)
    error_message = "intake_authorization: expected document, none, key, jwt or iam, found \"${var.intake_authorization}\"."
  }
}

variable "api_stage" {
  description = "The API's stage. Without it, as triggers.json says, or live."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[A-Za-z0-9_]{1,128}$", coalesce(var.api_stage, "live")))
    error_message = "api_stage: expected letters, digits and underscores, found \"${coalesce(var.api_stage, "live")}\"."
  }
}

variable "require_api_key" {
  description = "Whether callers of the intake need an API key, beside what intake_authorization asks for. One is made."
  type        = bool
  default     = false
  nullable    = false
}

variable "throttle_rate" {
  description = "Requests a second that the API takes."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.throttle_rate > 0
    error_message = "throttle_rate: expected a number above 0, found ${var.throttle_rate}."
  }
}

variable "throttle_burst" {
  description = "Requests at once that the API takes."
  type        = number
  default     = 2000
  nullable    = false

  validation {
    condition     = var.throttle_burst > 0
    error_message = "throttle_burst: expected a number above 0, found ${var.throttle_burst}."
  }
}

variable "public_url" {
  description = "Where customers find the shop, for links in mails; the API itself without it."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^https?://[^/ ]+[^ ]*[^/ ]$", coalesce(var.public_url, "https://example.com")))
    error_message = "public_url: \"${coalesce(var.public_url, "-")}\" is no URL: expected https:// and no slash at the end."
  }
}

variable "quota_per_day" {
  description = "Requests a day for each API key; no limit without it."
  type        = number
  default     = null
}

variable "enable_waf" {
  description = "Whether the shared stack's web ACL guards the API."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = !var.enable_waf || local.shared.web_acl_arn != null
    error_message = "enable_waf: the shared stack has no web ACL; apply it with enable_waf = true, or set enable_waf = false here."
  }
}

variable "enable_tracing_group" {
  description = "Whether X-Ray gets a group of this workflow's traces."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_in_days" {
  description = "How long logs are kept. Without it, as triggers.json says."
  type        = number
  default     = null
}

variable "log_level" {
  description = "What functions log: a level, or levels by module."
  type        = string
  default     = "info"
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Concurrency kept for functions, by their names; the account's common pool for all others."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.reserved_concurrency), local.function_names)) == 0
    error_message = "reserved_concurrency: ${var.workflow} has no function ${join(", ", setsubtract(keys(var.reserved_concurrency), local.function_names))}; it has ${join(", ", local.function_names)}."
  }
}

variable "errors_threshold" {
  description = "How many failed calls of a function within five minutes are an alarm; refusals that the workflow catches are among them."
  type        = number
  default     = 20
  nullable    = false
}

variable "payment_failure_rate" {
  description = "The share of orders whose payment the simulated gateway refuses, 0 to 1."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.payment_failure_rate >= 0 && var.payment_failure_rate <= 1
    error_message = "payment_failure_rate: expected a share from 0 to 1, found ${var.payment_failure_rate}."
  }
}

variable "state_machine_type" {
  description = "STANDARD, or EXPRESS for state machines that end within five minutes: cheaper and more of them a second, but without a history, and a step may run twice."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "EXPRESS"], var.state_machine_type)
    error_message = "state_machine_type: expected STANDARD or EXPRESS, found \"${var.state_machine_type}\"."
  }
}

variable "pipe_state" {
  description = "Whether the pipe runs: RUNNING or STOPPED."
  type        = string
  default     = "RUNNING"
  nullable    = false

  validation {
    condition     = contains(["RUNNING", "STOPPED"], var.pipe_state)
    error_message = "pipe_state: expected RUNNING or STOPPED, found \"${var.pipe_state}\"."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the tables."
  type        = bool
  default     = true
  nullable    = false
}
