package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// folderLoad is a folder of exports that the command line names, with what it says of them.
type folderLoad struct {
	folder, vendor, source, data string
	join, partial                bool

	// command is the command line as it was given, for another folder and with other flags
	// in the place of --vendor and --source.
	command func(folder string, flags ...string) string
}

// given reports whether something is said of a folder.
func (h *folderLoad) given() bool {
	return h.vendor != "" || h.source != "" || h.data != "" || h.join || h.partial
}

// loadLine is the command 'load' for a folder, ready to be run.
func loadLine(cmd *cobra.Command, g *globals, folder string, flags []string) string {
	args := append([]string{folder}, flags...)
	if g.database == "" {
		args = append(args, "--database", "access.duckdb")
	}
	return commandLine(cmd, args, "vendor", "source")
}

// load is a refresh from the folder, of one source or of one for each vendor.
func (h *folderLoad) load(ctx context.Context, c *console, g *globals, o runOptions) error {
	set, err := contractSet(g)
	if err != nil {
		return err
	}
	sources, err := h.sources(set)
	switch {
	case err != nil:
		return usageError{fmt.Errorf("load: %w", err)}
	case g.database == "":
		return usageError{errors.New("load: name the database file with --database")}
	}
	if h.source != "" {
		if err := config.CheckName(h.source); err != nil {
			return usageError{fmt.Errorf("load: --source: %w", err)}
		}
	}
	if err := checkDatabase(g.database); err != nil {
		return err
	}
	data := h.data
	if data == "" {
		if data, err = dataBeside(g.database); err != nil {
			return err
		}
	}
	targets, err := h.targets(ctx, g, set, sources)
	if err != nil {
		return err
	}
	if err := o.accept.Check(targets); err != nil {
		return usageError{err}
	}
	// Last, as it makes the data folder: what is refused leaves none behind.
	cfg := config.New(g.database, data)
	if err := takeLinks(cfg, g); err != nil {
		return err
	}
	w, err := newWorker(c, cfg, set, o)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, err := w.Refresh(ctx, targets)
	if err != nil {
		return err
	}
	return w.report(o, out)
}

// dataBeside is the data folder of a database file that no configuration gives
// one. It lies beside the file itself, so that a link to the file has the same.
func dataBeside(path string) (string, error) {
	file, err := database.Follow(path)
	return file + ".data", err
}

// sources are those that the folder holds: one of the vendor that is named, else one for each
// folder that is named like a vendor. Whatever else it may be is refused.
func (h *folderLoad) sources(set *schemas.Set) ([]config.Source, error) {
	if h.vendor != "" && !slices.Contains(config.Vendors(), h.vendor) {
		return nil, fmt.Errorf("--vendor: want one of %s", strings.Join(config.Vendors(), ", "))
	}
	if h.vendor != "" {
		return []config.Source{{Name: h.source, Vendor: h.vendor, Files: h.folder, Join: h.join, Partial: h.partial}}, h.alone()
	}
	known := map[string][]*schemas.Contract{}
	for _, vendor := range config.Vendors() {
		known[vendor] = set.Vendor(vendor)
	}
	found, err := files.FindVendors(h.folder, known)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(found.Folders))
	switch {
	case len(names) == 0:
		return nil, h.whose(known)
	case h.source != "":
		return nil, fmt.Errorf("--source names one source, and the folders below %s are one each, with the name of its vendor; load one by itself: %s",
			h.folder, h.command(found.Folders[names[0]], "--vendor", names[0], "--source", h.source))
	case len(found.Exports) > 0:
		return nil, fmt.Errorf("beside the folders of vendors there are exports in %s of which nobody says whose they are (%s): move them into the folder of their vendor; one vendor by itself: %s",
			h.folder, few(found.Exports), h.command(found.Folders[names[0]], "--vendor", names[0]))
	}
	var sources []config.Source
	for _, vendor := range names {
		sources = append(sources, config.Source{Vendor: vendor, Files: found.Folders[vendor], Join: h.join, Partial: h.partial})
	}
	sources[0].Beside = found.Unread // told of once
	return sources, nil
}

// alone refuses a folder of one vendor in which another folder is named like another vendor:
// files of one name mean something else there.
func (h *folderLoad) alone() error {
	entries, err := os.ReadDir(h.folder)
	if err != nil {
		return nil // whoever reads the files tells
	}
	own, other := "", ""
	for _, e := range entries {
		switch name := strings.ToLower(e.Name()); {
		case !e.IsDir() || !slices.Contains(config.Vendors(), name):
		case name == h.vendor:
			own = e.Name()
		default:
			other = e.Name()
		}
	}
	switch {
	case other == "":
		return nil
	case own == "":
		return fmt.Errorf("%s is named like another vendor, and its files would be read as exports of %s: move it away, or rename it if they are that", filepath.Join(h.folder, other), h.vendor)
	}
	return fmt.Errorf("%s is named like another vendor, and its files would be read as exports of %s. Those of %[2]s: %[3]s. All, in one run: %[4]s",
		filepath.Join(h.folder, other), h.vendor, h.command(filepath.Join(h.folder, own), "--vendor", h.vendor), h.command(h.folder))
}

// whose says that nobody says whose exports the folder holds, and how to say it.
func (h *folderLoad) whose(known map[string][]*schemas.Contract) error {
	vendor := "VENDOR"
	looks, err := files.Recognised(h.folder, known)
	if err != nil {
		return err
	}
	switch name := strings.ToLower(filepath.Base(h.folder)); {
	case slices.Contains(config.Vendors(), name):
		vendor = name
	case len(looks) == 1:
		vendor = looks[0]
	}
	return fmt.Errorf("--vendor: want one of %s, as %s has no folder that is named like one of them: %s",
		strings.Join(config.Vendors(), ", "), h.folder, h.command(h.folder, "--vendor", vendor))
}

// few lists the first of some names.
func few(names []string) string {
	const most = 5
	if n := len(names) - most; n > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more", n))
	}
	return visible(strings.Join(names, ", "))
}

// targets opens the sources, each under the name that is given or that it has by default.
func (h *folderLoad) targets(ctx context.Context, g *globals, set *schemas.Set, sources []config.Source) ([]run.Target, error) {
	var targets []run.Target
	for _, s := range sources {
		if s.Name == "" {
			var err error
			if s.Name, err = defaultSource(ctx, g.database, s.Vendor); err != nil {
				return nil, err
			}
		}
		t, err := s.Target(set)
		if err == nil {
			err = t.Refused
		}
		switch {
		case err != nil && len(sources) > 1:
			return nil, usageError{fmt.Errorf("%w\nNothing was loaded of the other vendors either: put the exports there, or take the folder away", err)}
		case err != nil:
			return nil, usageError{err}
		}
		targets = append(targets, t)
	}
	return targets, nil
}
