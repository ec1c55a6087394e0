variable "name" {
  description = "The deployment's name, before every name on AWS."
  type        = string
  default     = "orderflow"

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

variable "architecture" {
  description = "What the bootstrap was built for: arm64 or x86_64."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: expected arm64 or x86_64, found \"${var.architecture}\"."
  }
}

variable "mail_from" {
  description = "The sender of all mails; SES asks its owner to confirm."
  type        = string

  validation {
    condition     = can(regex("^[^ @,<>]+@[^ @,<>]+\\.[^ @,<>]+$", var.mail_from))
    error_message = "mail_from: \"${var.mail_from}\" is no mail address."
  }
}

variable "mail_domain" {
  description = "The domain of mail_from, when SES is to sign for all of it (DKIM); the address alone without it."
  type        = string
  default     = null

  validation {
    condition     = var.mail_domain == null || endswith(var.mail_from, "@${coalesce(var.mail_domain, "-")}")
    error_message = "mail_domain: ${var.mail_from} is not an address of \"${coalesce(var.mail_domain, "-")}\"."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms; nobody without it."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^ @,]+@[^ @,]+$", var.alarm_email))
    error_message = "alarm_email: \"${coalesce(var.alarm_email, "-")}\" is no mail address."
  }
}

variable "shop_name" {
  description = "The shop's name in mails and receipts."
  type        = string
  default     = "OrderFlow"
}

variable "stock_shards" {
  description = "Over how many counters the stock of a product is spread."
  type        = number
  default     = 1

  validation {
    condition     = var.stock_shards >= 1 && var.stock_shards <= 32 && floor(var.stock_shards) == var.stock_shards
    error_message = "stock_shards: expected a whole number from 1 to 32, found ${var.stock_shards}."
  }
}

variable "link_expires_hours" {
  description = "How long a link to a receipt is good."
  type        = number
  default     = 168

  validation {
    condition     = var.link_expires_hours >= 1 && var.link_expires_hours <= 168
    error_message = "link_expires_hours: expected 1 to 168 (the longest that S3 signs for), found ${var.link_expires_hours}."
  }
}

variable "receipts_kept_days" {
  description = "After how many days a receipt moves to infrequent access; it is kept for good."
  type        = number
  default     = 90

  validation {
    condition     = var.receipts_kept_days >= 30
    error_message = "receipts_kept_days: S3 moves objects after 30 days at the earliest, found ${var.receipts_kept_days}."
  }
}

variable "log_retention_in_days" {
  description = "How long the shared functions' logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "log_retention_in_days: CloudWatch Logs keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, not ${var.log_retention_in_days}."
  }
}

variable "log_level" {
  description = "What functions log: a level, or levels by module."
  type        = string
  default     = "info"
}

variable "enable_customer_key" {
  description = "Whether everything is encrypted under a key of the customer's own; under AWS's keys otherwise."
  type        = bool
  default     = false
}

variable "enable_vpc" {
  description = "Whether functions run in a network of their own, with endpoints for what they reach."
  type        = bool
  default     = false
}

variable "vpc_cidr" {
  description = "The addresses of that network."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 0))
    error_message = "vpc_cidr: \"${var.vpc_cidr}\" is no network such as 10.0.0.0/16."
  }
}

variable "enable_waf" {
  description = "Whether there is a web ACL for the APIs: a rate limit for each address, and AWS's managed rules."
  type        = bool
  default     = true
}

variable "rate_limit" {
  description = "Requests that one address may make within five minutes."
  type        = number
  default     = 2000

  validation {
    condition     = var.rate_limit >= 10
    error_message = "rate_limit: AWS counts from 10 on, found ${var.rate_limit}."
  }
}

variable "enable_web" {
  description = "Whether there is a bucket for the web app behind CloudFront."
  type        = bool
  default     = true
}

variable "api_domain" {
  description = "The domain of the workflow's API that the web app finds at /api, such as abc123.execute-api.eu-central-1.amazonaws.com."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(|[a-z0-9.-]+\\.[a-z]{2,})$", var.api_domain))
    error_message = "Expected a domain, or nothing."
  }
}

variable "api_stage" {
  description = "The stage of that API."
  type        = string
  default     = "live"
}

variable "configure_api_gateway_logging" {
  description = "Whether API Gateway's role for logs is set here: there is one for the account and region."
  type        = bool
  default     = true
}

variable "reserved_concurrency" {
  description = "Concurrency kept for functions, by their names; the account's common pool for all others."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.reserved_concurrency), keys(local.functions))) == 0
    error_message = "reserved_concurrency: there is no shared function ${join(", ", setsubtract(keys(var.reserved_concurrency), keys(local.functions)))}; there are ${join(", ", keys(local.functions))}."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the tables, the users and buckets that hold something."
  type        = bool
  default     = true
}

variable "keys_version" {
  description = "Counted up to make a new operator's key and a new signing key; links to orders that customers have stop working."
  type        = number
  default     = 1
}
