variable "region" {
  description = "The region; the credentials' own without it."
  type        = string
  default     = null
}

variable "endpoint_url" {
  description = "Where AWS is, for a stand-in such as http://127.0.0.1:4566; AWS itself without it."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags on everything."
  type        = map(string)
  default     = {}
}

locals {
  stand_in = var.endpoint_url != null
}

provider "aws" {
  region                      = var.region
  skip_credentials_validation = local.stand_in
  skip_metadata_api_check     = local.stand_in
  s3_use_path_style           = local.stand_in

  default_tags {
    tags = merge({ Application = "orderflow", Deployment = var.name }, var.tags)
  }

  dynamic "endpoints" {
    for_each = var.endpoint_url[*]
    content {
      apigateway     = endpoints.value
      cloudfront     = endpoints.value
      cloudwatch     = endpoints.value
      cognitoidp     = endpoints.value
      dynamodb       = endpoints.value
      ec2            = endpoints.value
      events         = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      logs           = endpoints.value
      pipes          = endpoints.value
      s3             = endpoints.value
      s3control      = endpoints.value
      scheduler      = endpoints.value
      secretsmanager = endpoints.value
      sesv2          = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      ssm            = endpoints.value
      sts            = endpoints.value
      wafv2          = endpoints.value
      xray           = endpoints.value
    }
  }
}
