output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.this.arn
}

output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "invoke_arn" {
  description = "The ARN by which API Gateway invokes it."
  value       = aws_lambda_function.this.invoke_arn
}
