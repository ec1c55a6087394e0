# What must hold before anything is made: that the workflow's files fit together, and the parameters to them. All of it is
# known when Terraform plans, so a mistake ends the plan.

locals {
  # Only a subscription may name a parameter without a value: it is left out.
  needed = jsonencode({ for section, value in local.raw : section => value if !contains(["Parameters", "Topics"], section) })
  without_value = [
    for name in distinct(flatten(regexall("\\$\\{([A-Za-z0-9]+)\\}", local.needed))) : name if lookup(local.values, name, "") == ""
  ]
}

resource "terraform_data" "checks" {
  lifecycle {
    precondition {
      condition     = length(setsubtract(local.named, local.known)) == 0
      error_message = "workflows/${var.workflow}/triggers.json names ${join(", ", setsubtract(local.named, local.known))}: expected workflow, event-bus, a queue or topic of the workflow, or a function of infra/functions.json."
    }

    precondition {
      condition     = !contains([for queue in values(local.queues) : try(queue.Consumer, "")], "workflow")
      error_message = "workflows/${var.workflow}/triggers.json has a queue whose Consumer is workflow: on AWS a queue is taken by a step, or by a Pipe with the queue as its Source."
    }

    precondition {
      condition     = alltrue([for path in local.paths : length(split("/", path)) <= 3])
      error_message = "workflows/${var.workflow}/triggers.json has an Api whose path has more than three parts, with the workflow's own: ${join(", ", values(local.intakes)[*].path)}."
    }

    precondition {
      condition     = alltrue([for intake in values(local.intakes) : contains(keys(local.authorizations), intake.auth)])
      error_message = "workflows/${var.workflow}/triggers.json has an Api whose Auth is none of ${join(", ", keys(local.authorizations))}: ${join(", ", values(local.intakes)[*].auth)}."
    }

    precondition {
      condition     = length(local.without_value) == 0
      error_message = "parameters: ${join(", ", local.without_value)} of workflows/${var.workflow}/triggers.json has no Default and no value was given."
    }

    precondition {
      condition = alltrue([
        for name, parameter in local.parameters : contains([for value in parameter.AllowedValues : tostring(value)], local.values[name])
        if try(parameter.AllowedValues, null) != null
      ])
      error_message = "parameters: a value is not allowed: ${join("; ", [for name, parameter in local.parameters : "${name} is \"${local.values[name]}\", expected one of ${join(", ", parameter.AllowedValues)}" if try(!contains([for value in parameter.AllowedValues : tostring(value)], local.values[name]), false)])}."
    }

    precondition {
      condition = alltrue([
        for name, parameter in local.parameters : can(regex("^(?:${parameter.AllowedPattern})$", local.values[name]))
        if try(parameter.AllowedPattern, null) != null && local.values[name] != ""
      ])
      error_message = "parameters: a value does not match its pattern: ${join("; ", [for name, parameter in local.parameters : "${name} is \"${local.values[name]}\", expected ${parameter.AllowedPattern}" if try(parameter.AllowedPattern, null) != null])}."
    }

    precondition {
      condition = alltrue([
        for name, parameter in local.parameters : can(tonumber(local.values[name])) if parameter.Type == "Number"
      ])
      error_message = "parameters: expected a number: ${join(", ", [for name, parameter in local.parameters : "${name} is \"${local.values[name]}\"" if parameter.Type == "Number"])}."
    }

    precondition {
      condition = alltrue([
        for subscription in values(local.subscriptions) :
        subscription.protocol != "email" || can(regex("^[^ @,]+@[^ @,]+$", subscription.endpoint))
      ])
      error_message = "parameters: expected a mail address for a subscription, found ${join(", ", [for subscription in values(local.subscriptions) : "\"${subscription.endpoint}\"" if subscription.protocol == "email"])}."
    }

    precondition {
      condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], local.log_retention)
      error_message = "log_retention_in_days: CloudWatch Logs keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, not ${local.log_retention}."
    }
  }
}
