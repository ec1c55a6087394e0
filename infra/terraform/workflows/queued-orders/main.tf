# The workflow queued-orders on AWS. What it is: workflows/queued-orders at the root of the repository.
locals {
  workflow = "queued-orders"
}
