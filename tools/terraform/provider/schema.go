package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// schemas is one provider in the format of `terraform providers schema -json`.
type schemas struct {
	Provider    *schema            `json:"provider"`
	Resources   map[string]*schema `json:"resource_schemas"`
	DataSources map[string]*schema `json:"data_source_schemas"`
}

type schema struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes map[string]*attribute `json:"attributes"`
	Nested     map[string]*nested    `json:"block_types"`
}

type attribute struct {
	Type        json.RawMessage `json:"type"`
	Computed    bool            `json:"computed"`
	Optional    bool            `json:"optional"`
	Required    bool            `json:"required"`
	Description string          `json:"description"`
}

type nested struct {
	Mode     string `json:"nesting_mode"`
	Block    block  `json:"block"`
	MinItems int64  `json:"min_items"`
	MaxItems int64  `json:"max_items"`
}

var modes = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov5.SchemaNestedBlockNestingModeMap,
}

func protocols(from map[string]*schema) map[string]*tfprotov5.Schema {
	to := make(map[string]*tfprotov5.Schema, len(from))
	for name, one := range from {
		to[name] = one.protocol()
	}
	return to
}

func (s *schema) protocol() *tfprotov5.Schema {
	return &tfprotov5.Schema{Version: s.Version, Block: s.Block.protocol()}
}

func (b *block) protocol() *tfprotov5.SchemaBlock {
	to := &tfprotov5.SchemaBlock{}
	for name, one := range b.Attributes {
		kind, err := tftypes.ParseJSONType(one.Type) // deprecated, and the one reader of a type's JSON
		if err != nil {
			panic(fmt.Sprintf("schema.json: %s: %v", name, err))
		}
		to.Attributes = append(to.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: kind, Computed: one.Computed, Optional: one.Optional, Required: one.Required,
		})
	}
	for name, one := range b.Nested {
		to.BlockTypes = append(to.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Block: one.Block.protocol(), Nesting: modes[one.Mode], MinItems: one.MinItems, MaxItems: one.MaxItems,
		})
	}
	return to
}

// validate holds what is known of a configuration against the lists of possible values that the documentation gives.
func (s *schema) validate(config *tfprotov5.DynamicValue) ([]*tfprotov5.Diagnostic, error) {
	value, err := config.Unmarshal(s.protocol().ValueType())
	if err != nil {
		return nil, err
	}
	return s.Block.validate(value, tftypes.NewAttributePath())
}

func (b *block) validate(value tftypes.Value, path *tftypes.AttributePath) ([]*tfprotov5.Diagnostic, error) {
	if value.IsNull() || !value.IsKnown() {
		return nil, nil
	}
	var fields map[string]tftypes.Value
	if err := value.As(&fields); err != nil {
		return nil, err
	}
	var found []*tfprotov5.Diagnostic
	for name, one := range b.Attributes {
		if wrong := one.validate(fields[name], path.WithAttributeName(name)); wrong != nil {
			found = append(found, wrong)
		}
	}
	for name, one := range b.Nested {
		within, err := one.validate(fields[name], path.WithAttributeName(name))
		if err != nil {
			return nil, err
		}
		found = append(found, within...)
	}
	return found, nil
}

func (n *nested) validate(value tftypes.Value, path *tftypes.AttributePath) ([]*tfprotov5.Diagnostic, error) {
	if n.Mode == "single" {
		return n.Block.validate(value, path)
	}
	if n.Mode == "map" || value.IsNull() || !value.IsKnown() {
		return nil, nil
	}
	var items []tftypes.Value
	if err := value.As(&items); err != nil {
		return nil, err
	}
	var found []*tfprotov5.Diagnostic
	for index, item := range items {
		at := path.WithElementKeyInt(index)
		if n.Mode == "set" {
			at = path.WithElementKeyValue(item)
		}
		within, err := n.Block.validate(item, at)
		if err != nil {
			return nil, err
		}
		found = append(found, within...)
	}
	return found, nil
}

// validate returns what is wrong with one value: a text that is none of the documented ones.
func (a *attribute) validate(value tftypes.Value, path *tftypes.AttributePath) *tfprotov5.Diagnostic {
	list, listed := strings.CutPrefix(a.Description, "Possible values: ")
	var possible []string
	if !listed || json.Unmarshal([]byte(list), &possible) != nil {
		return nil
	}
	if string(a.Type) != `"string"` || value.IsNull() || !value.IsKnown() {
		return nil
	}
	var text string
	if value.As(&text) != nil || text == "" || slices.Contains(possible, text) {
		return nil
	}
	return &tfprotov5.Diagnostic{
		Severity:  tfprotov5.DiagnosticSeverityError,
		Summary:   "Not a possible value",
		Detail:    fmt.Sprintf("%q stands here; possible are %s.", text, strings.Join(possible, ", ")),
		Attribute: path,
	}
}
