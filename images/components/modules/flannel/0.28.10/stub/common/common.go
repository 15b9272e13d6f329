// Package common stands in for Tencent's SDK, which the Go module proxy does not serve. Only flannel's tencent-vpc backend uses
// it: with this stub that backend still registers, and says why it cannot work when somebody selects it.
package common

func StringPtr(value string) *string { return &value }

func StringPtrs(values []string) []*string {
	pointers := make([]*string, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return pointers
}

func BoolPtr(value bool) *bool { return &value }
