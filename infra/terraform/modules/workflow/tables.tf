# The document's own tables: an order as its document shows it, for who listens to their streams.

module "tables" {
  source   = "../table"
  for_each = local.tables_own

  name                = "${var.name}-${each.key}"
  partition_key       = each.value.Key
  stream_view_type    = try(each.value.StreamViewType, null)
  deletion_protection = var.deletion_protection
  kms_key_arn         = local.shared.kms_key_arn
}
