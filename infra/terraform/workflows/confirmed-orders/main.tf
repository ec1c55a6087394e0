# The workflow confirmed-orders on AWS. What it is: workflows/confirmed-orders at the root of the repository.
locals {
  workflow = "confirmed-orders"
}
