# What the workflow's folder says, read once. Everything else in this module is made from these locals.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

# What the shared stack has made, and how the deployment is set up.
data "aws_ssm_parameter" "shared" {
  name = "/${var.name}/shared"
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  account   = data.aws_caller_identity.current.account_id
  shared    = jsondecode(nonsensitive(data.aws_ssm_parameter.shared.value))
  prefix    = "${var.name}-${var.workflow}"

  workflows = "${path.module}/../../../../workflows"
  functions = jsondecode(file("${path.module}/../../../functions.json")).Functions
  tables    = jsondecode(file("${path.module}/../../../tables.json"))
  models    = jsondecode(file("${path.module}/../../../models.json"))

  # Parameters: a given value goes before the Default. Without either, only a subscription may name one: it is left out.
  raw        = jsondecode(file("${local.workflows}/${var.workflow}/triggers.json"))
  parameters = try(local.raw.Parameters, {})
  values = {
    for name, parameter in local.parameters : name => tostring(try(var.parameters[name], parameter.Default, ""))
  }
  triggers = jsondecode(templatefile("${local.workflows}/${var.workflow}/triggers.json", {
    for name, value in local.values : name => trimsuffix(trimprefix(jsonencode(value), "\""), "\"")
  }))

  apis          = flatten([try(local.triggers.Api, [])])
  pipe          = try(local.triggers.Pipe, null)
  rules         = try(local.triggers.Rules, {})
  queues        = try(local.triggers.Queues, {})
  topics        = try(local.triggers.Topics, {})
  alarms        = try(local.triggers.Alarms, {})
  tables_own    = try(local.triggers.Tables, {})
  log_retention = coalesce(var.log_retention_in_days, try(tonumber(local.triggers.Logs.RetentionInDays), null), 30)

  # Follow-ups have state machines of their own in this stack.
  machines = toset(concat([var.workflow], try(local.triggers.FollowUps, [])))
  definitions = {
    for machine in local.machines : machine => file("${local.workflows}/${machine}/workflow.asl.json")
  }
  placeholders = {
    for machine, text in local.definitions : machine => distinct(flatten(regexall("\\$\\{([A-Za-z0-9]+)\\}", text)))
  }

  # Where a placeholder stood for a list, the values come as one text.
  rule_targets = {
    for name, rule in local.rules : name => flatten([try(split(",", rule.Targets), rule.Targets)])
  }
  alarm_actions = {
    for name, alarm in local.alarms : name => {
      for kind in ["AlarmActions", "OKActions", "InsufficientDataActions"] :
      kind => flatten([try(split(",", alarm[kind]), alarm[kind], [])])
    }
  }

  # What rules, pipe, queues and alarms hand to: workflow, event-bus, a queue or topic of this workflow, or a step.
  named = distinct(compact(concat(
    [try(local.pipe.Enrichment, ""), try(local.pipe.Target, "")],
    [for queue in values(local.queues) : try(queue.Consumer, "")],
    flatten(values(local.rule_targets)),
    flatten([for actions in values(local.alarm_actions) : values(actions)]),
  )))
  known = concat(["workflow", "event-bus"], keys(local.queue_specs), keys(local.topics), keys(local.functions))

  # The functions of this stack: each step that a state machine or a trigger names, the API, the outbox's delivery.
  step_names = toset([
    for name in concat([for name in flatten(values(local.placeholders)) : trimsuffix(name, "Arn")], local.named) :
    name if contains(keys(local.functions), name)
  ])
  function_names = setunion(local.step_names, ["DeliverOutbox"], length(local.apis) > 0 ? ["Api"] : [])
  function_arns = {
    for name in local.function_names :
    name => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.prefix}-${name}"
  }
  machine_arns = {
    for machine in local.machines :
    machine => "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}-${machine}"
  }
}
