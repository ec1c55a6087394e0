# The web app: a private bucket behind CloudFront.

locals {
  web = var.enable_web ? { web = "${var.name}-web-${local.account}-${local.region}" } : {}
  api = var.api_domain == "" ? [] : [var.api_domain]

  # Nothing inline, nothing from elsewhere.
  web_policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

  # Policies that CloudFront itself offers.
  caching_disabled              = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_except_host_header = "b689b0a8-53d0-40ab-baf2-38738e2966ac"
}

resource "aws_s3_bucket" "web" {
  #checkov:skip=CKV_AWS_18:CloudFront is the only reader
  #checkov:skip=CKV_AWS_21:the app's files are built from the sources; no version is worth keeping
  #checkov:skip=CKV_AWS_144:the app's files are built from the sources
  #checkov:skip=CKV_AWS_145:public files; CloudFront could not read them under aws/s3
  #checkov:skip=CKV2_AWS_61:the app's files stay until the next build replaces them
  #checkov:skip=CKV2_AWS_62:nothing waits for files to appear
  for_each      = local.web
  bucket        = each.value
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "web" {
  for_each                = aws_s3_bucket.web
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "web" {
  for_each = aws_s3_bucket.web
  bucket   = each.value.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "web" {
  for_each = aws_s3_bucket.web
  bucket   = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [each.value.arn, "${each.value.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "CloudFront"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = "${each.value.arn}/*"
        Condition = { StringEquals = { "aws:SourceArn" = aws_cloudfront_distribution.web[each.key].arn } }
      },
    ]
  })
  depends_on = [aws_s3_bucket_public_access_block.web]
}

resource "aws_cloudfront_origin_access_control" "web" {
  for_each                          = local.web
  name                              = "${var.name}-web-${local.region}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "web" {
  for_each = local.web
  name     = "${var.name}-web-${local.region}"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.web_policy
      override                = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
  }

  custom_headers_config {
    items {
      header   = "Permissions-Policy"
      value    = "camera=(), geolocation=(), microphone=()"
      override = true
    }
    items {
      header   = "Cross-Origin-Opener-Policy"
      value    = "same-origin"
      override = true
    }
  }
}

resource "aws_cloudfront_function" "web" {
  for_each = var.enable_web ? toset(["pages", "strip-api"]) : []
  name     = "${var.name}-${each.key}-${local.region}"
  comment  = "OrderFlow: ${each.key}"
  runtime  = "cloudfront-js-2.0"
  publish  = true
  code     = file("${path.module}/../../cloudfront/${each.key}.js")
}

data "aws_cloudfront_cache_policy" "optimized" {
  count = var.enable_web ? 1 : 0
  name  = "Managed-CachingOptimized"
}

resource "aws_cloudfront_distribution" "web" {
  #checkov:skip=CKV_AWS_86:the app's files are public
  #checkov:skip=CKV_AWS_68:static files; the API has the regional web ACL, and one for CloudFront must be in us-east-1
  #checkov:skip=CKV2_AWS_47:see CKV_AWS_68
  #checkov:skip=CKV_AWS_310:the one origin is S3, which is in several zones itself
  #checkov:skip=CKV_AWS_374:a shop sells wherever its owner says, not where a template does
  #checkov:skip=CKV_AWS_174:CloudFront's own certificate; with a name and a certificate of the shop's own, TLS 1.2 is set with them
  #checkov:skip=CKV2_AWS_42:see CKV_AWS_174
  for_each            = local.web
  enabled             = true
  comment             = "OrderFlow: the web app of ${var.name}"
  default_root_object = "index.html"
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = "PriceClass_100"

  origin {
    origin_id                = "app"
    domain_name              = aws_s3_bucket.web[each.key].bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.web[each.key].id
  }

  dynamic "origin" {
    for_each = local.api
    content {
      origin_id   = "api"
      domain_name = origin.value
      origin_path = "/${var.api_stage}"

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "app"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.web[each.key].id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.web["pages"].arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.api
    content {
      path_pattern             = "/api/*"
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods           = ["GET", "HEAD"]
      cache_policy_id          = local.caching_disabled
      origin_request_policy_id = local.all_viewer_except_host_header

      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.web["strip-api"].arn
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
    minimum_protocol_version       = "TLSv1"
  }
}
