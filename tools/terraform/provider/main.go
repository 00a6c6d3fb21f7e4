// A provider that knows the google provider's schema and nothing else.
//
// It stands in for the real one where that cannot be had: `terraform validate` and `terraform test` with
// `mock_provider` ask a provider for its schema and for its opinion of a configuration, and invent the rest. It reads
// schema.json beside its binary (the format of `terraform providers schema -json`, written by tools/terraform/schema.py)
// and refuses to be configured, so nobody plans or applies anything real with it.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

const address = "registry.terraform.io/hashicorp/google"

func main() {
	binary, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	known, err := read(filepath.Join(filepath.Dir(binary), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	err = tf5server.Serve(address, func() tfprotov5.ProviderServer { return &provider{schemas: known} })
	if err != nil {
		log.Fatal(err)
	}
}

// read returns what schema.json says of the one provider.
func read(path string) (*schemas, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Providers map[string]*schemas `json:"provider_schemas"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	return file.Providers[address], nil
}

// provider answers what the mocks of `terraform test` pass on. The embedded interface is nil: what it alone would answer
// comes after ConfigureProvider, which refuses.
type provider struct {
	tfprotov5.ProviderServer
	schemas *schemas
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		Provider:          p.schemas.Provider.protocol(),
		ResourceSchemas:   protocols(p.schemas.Resources),
		DataSourceSchemas: protocols(p.schemas.DataSources),
	}, nil
}

func (p *provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	response := &tfprotov5.GetMetadataResponse{}
	for name := range p.schemas.Resources {
		response.Resources = append(response.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for name := range p.schemas.DataSources {
		response.DataSources = append(response.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return response, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, request *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (p *provider) ConfigureProvider(context.Context, *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	return &tfprotov5.ConfigureProviderResponse{Diagnostics: []*tfprotov5.Diagnostic{{
		Severity: tfprotov5.DiagnosticSeverityError,
		Summary:  "This is the google provider's schema, not the google provider",
		Detail:   "It serves `terraform validate` and `terraform test` with mock_provider; take the real provider to plan or apply.",
	}}}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *provider) ValidateResourceTypeConfig(_ context.Context, request *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	diagnostics, err := p.schemas.Resources[request.TypeName].validate(request.Config)
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: diagnostics}, err
}

func (p *provider) ValidateDataSourceConfig(_ context.Context, request *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	diagnostics, err := p.schemas.DataSources[request.TypeName].validate(request.Config)
	return &tfprotov5.ValidateDataSourceConfigResponse{Diagnostics: diagnostics}, err
}

func (p *provider) UpgradeResourceState(_ context.Context, request *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	kind := p.schemas.Resources[request.TypeName].protocol().ValueType()
	value, err := request.RawState.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov5.NewDynamicValue(kind, value)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &state}, err
}
