# The web app: a private bucket behind CloudFront.

locals {
  web = var.enable_web ? { web = "${var.name}-web-${local.account}-${local.region}" } : {}
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
      content_security_policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
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

  default_cache_behavior {
    target_origin_id           = "app"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.web[each.key].id
  }

  # The app has pages of its own below its root: a path that is no file is its front page.
  custom_error_response {
    error_code            = 403
    response_code         = 200
    response_page_path    = "/index.html"
    error_caching_min_ttl = 10
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
