variable "name" {
  description = "The queue's name."
  type        = string

  validation {
    condition     = length(var.name) <= 80
    error_message = "name: \"${var.name}\" has more than the 80 characters that a queue's name may have."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden."
  type        = number
  default     = 60
}

variable "retention_seconds" {
  description = "How long a message is kept; fourteen days, the longest there is, unless told otherwise."
  type        = number
  default     = 1209600
}

variable "delay_seconds" {
  description = "How long a new message stays hidden."
  type        = number
  default     = 0
}

variable "max_receive_count" {
  description = "After how many receives a message is moved to dead_letter_queue_arn; never without it."
  type        = number
  default     = null
}

variable "dead_letter_queue_arn" {
  description = "Where a message goes that was received too often."
  type        = string
  default     = null
}

variable "senders" {
  description = "Services that may send to it, each for sources of ours."
  type        = list(object({ service = string, source_arn = string }))
  default     = []
}

variable "holds_dead_letters" {
  description = "Whether a message in it is an alarm."
  type        = bool
  default     = false
}

variable "alarm_actions" {
  description = "Who is told."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "The customer's own key; SQS's own encryption without it."
  type        = string
  default     = null
}
