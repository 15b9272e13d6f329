// Package errors holds the one error type that flannel tests for.
package errors

type TencentCloudSDKError struct{ Message string }

func (e *TencentCloudSDKError) Error() string { return e.Message }
