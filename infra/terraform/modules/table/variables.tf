variable "name" {
  description = "The table's name."
  type        = string
}

variable "partition_key" {
  description = "Name of the partition key's attribute."
  type        = string
}

variable "sort_key" {
  description = "Name of the sort key's attribute."
  type        = string
  default     = null
}

variable "indexes" {
  description = "Global secondary indexes."
  type = list(object({
    name          = string
    partition_key = string
    sort_key      = optional(string)
    projection    = optional(string, "ALL")
  }))
  default = []
}

variable "stream_view_type" {
  description = "What the table's stream carries; no stream without it."
  type        = string
  default     = null
}

variable "ttl_attribute" {
  description = "Name of the attribute that says when an item may go."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table."
  type        = bool
}

variable "kms_key_arn" {
  description = "The customer's own key; DynamoDB's own without it."
  type        = string
  default     = null
}
