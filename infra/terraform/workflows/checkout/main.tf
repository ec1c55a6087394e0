# The workflow checkout on AWS. What it is: workflows/checkout at the root of the repository.
locals {
  workflow = "checkout"
}
