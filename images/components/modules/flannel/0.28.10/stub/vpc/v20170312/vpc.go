// Package v20170312 has the names that flannel's tencent-vpc backend needs to compile; every call is refused.
package v20170312

import "errors"

var errLeftOut = errors.New("the tencent-vpc backend is left out of this build of flannel")

type Client struct{}

type Filter struct {
	Name   *string
	Values []*string
}

type Route struct {
	DestinationCidrBlock *string
	Enabled              *bool
	GatewayId            *string
	GatewayType          *string
	RouteId              *uint64
	RouteType            *string
}

type RouteTable struct {
	RouteTableId *string
	RouteSet     []*Route
}

type DescribeRouteTablesRequest struct{ Filters []*Filter }

type DescribeRouteTablesResponse struct {
	Response *struct{ RouteTableSet []*RouteTable }
}

type CreateRoutesRequest struct {
	RouteTableId *string
	Routes       []*Route
}

type DeleteRoutesRequest struct {
	RouteTableId *string
	Routes       []*Route
}

type RoutesResponse struct{}

func NewClientWithSecretId(id, key, region string) (*Client, error) { return &Client{}, nil }

func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest {
	return &DescribeRouteTablesRequest{}
}
func NewCreateRoutesRequest() *CreateRoutesRequest { return &CreateRoutesRequest{} }
func NewDeleteRoutesRequest() *DeleteRoutesRequest { return &DeleteRoutesRequest{} }

func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errLeftOut
}

func (*Client) CreateRoutes(*CreateRoutesRequest) (*RoutesResponse, error) { return nil, errLeftOut }
func (*Client) DeleteRoutes(*DeleteRoutesRequest) (*RoutesResponse, error) { return nil, errLeftOut }
