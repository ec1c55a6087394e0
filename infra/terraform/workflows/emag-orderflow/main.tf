# The workflow emag-orderflow on AWS. What it is: workflows/emag-orderflow at the root of the repository.
locals {
  workflow = "emag-orderflow"
}
