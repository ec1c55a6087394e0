# An optional network without a way to the internet: the functions reach the services they use through endpoints.

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:the first two by name are taken, which a new zone does not change
  count = var.enable_vpc ? 1 : 0
  state = "available"
}

locals {
  zones = !var.enable_vpc ? [] : slice(sort(data.aws_availability_zones.available[0].names), 0, 2)
  # Those that functions speak to, by the names that endpoints have.
  interface_services = !var.enable_vpc ? [] : [
    "email", "events", "kms", "lambda", "logs", "monitoring", "secretsmanager", "sns", "sqs", "states", "xray",
  ]
  gateway_services = !var.enable_vpc ? [] : ["dynamodb", "s3"]
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:nothing but these functions is in it, and all that they reach are AWS endpoints, whose calls CloudTrail has
  count                = var.enable_vpc ? 1 : 0
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# The default group lets everything in; emptied.
resource "aws_default_security_group" "this" {
  count  = var.enable_vpc ? 1 : 0
  vpc_id = aws_vpc.this[0].id
}

resource "aws_subnet" "private" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, index(local.zones, each.key))
  tags              = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table" "private" {
  count  = var.enable_vpc ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[0].id
}

resource "aws_security_group" "functions" {
  #checkov:skip=CKV2_AWS_5:the workflows' functions are in it
  count       = var.enable_vpc ? 1 : 0
  name        = "${var.name}-functions"
  description = "OrderFlow functions: TLS to the endpoints, nothing in."
  vpc_id      = aws_vpc.this[0].id
}

resource "aws_security_group" "endpoints" {
  count       = var.enable_vpc ? 1 : 0
  name        = "${var.name}-endpoints"
  description = "Endpoints of AWS services: TLS from OrderFlow functions."
  vpc_id      = aws_vpc.this[0].id
}

resource "aws_vpc_security_group_egress_rule" "functions_to_endpoints" {
  count                        = var.enable_vpc ? 1 : 0
  description                  = "TLS to the endpoints"
  security_group_id            = aws_security_group.functions[0].id
  referenced_security_group_id = aws_security_group.endpoints[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "functions_to_gateways" {
  for_each          = aws_vpc_endpoint.gateway
  description       = "TLS to ${each.key}"
  security_group_id = aws_security_group.functions[0].id
  prefix_list_id    = each.value.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_functions" {
  count                        = var.enable_vpc ? 1 : 0
  description                  = "TLS from the functions"
  security_group_id            = aws_security_group.endpoints[0].id
  referenced_security_group_id = aws_security_group.functions[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_endpoint" "gateway" {
  for_each          = toset(local.gateway_services)
  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private[0].id]
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(local.interface_services)
  vpc_id              = aws_vpc.this[0].id
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in local.zones : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.endpoints[0].id]
}
