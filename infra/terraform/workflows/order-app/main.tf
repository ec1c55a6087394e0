# The workflow order-app on AWS. What it is: workflows/order-app at the root of the repository.
locals {
  workflow = "order-app"
}
