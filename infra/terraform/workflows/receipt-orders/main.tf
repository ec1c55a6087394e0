# The workflow receipt-orders on AWS. What it is: workflows/receipt-orders at the root of the repository.
locals {
  workflow = "receipt-orders"
}
