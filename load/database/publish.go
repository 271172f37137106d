package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Close makes a checkpoint, so that all changes are in the one file of the copy, and closes
// it. It is an error if changes are left in a log beside it.
func (c *Copy) Close(ctx context.Context) error {
	_, err := c.db.Exec(ctx, "checkpoint "+Ident(CatalogName(c.path)))
	err = errors.Join(err, c.db.db.Close())
	c.db = nil
	if err != nil {
		return err
	}
	if info, err := os.Stat(c.path + ".wal"); err == nil && info.Size() > 0 {
		return errors.New("changes were left beside the file")
	}
	return nil
}

// Earlier says which of the files that were replaced are kept.
type Earlier struct {
	Keep int    // how many, as <name>.<run>.duckdb
	Run  string // run that made the published file; "" for none
}

// Replace puts the closed copy, made by a run, in place of the published file and returns
// its size in bytes. Syncing the contents first, then renaming, then syncing the folder
// makes a crash at any point harmless.
//
// Errors: a [FileError] with [ErrInUse], among others. The published file is then as it
// was, unless only the last sync failed.
func (c *Copy) Replace(ctx context.Context, run string, earlier Earlier) (size int64, err error) {
	c.run = run
	if err := giveRights(c.path, c.opt.Path, c.opt.Mode, c.gid, c.note); err != nil {
		return 0, err
	}
	if err := syncFile(c.path); err != nil {
		return 0, err
	}
	c.step("copy synced")
	info, err := os.Stat(c.path)
	if err != nil {
		return 0, err
	}
	exists, err := inspect(c.opt.Path) // somebody may have opened it for writing meanwhile
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if exists && earlier.Keep > 0 && earlier.Run != "" {
		if err := keep(c.opt.Path, earlier); err != nil {
			return 0, err
		}
	}
	// Before the rename, or DuckDB would take such a log for changes to the new file.
	if err := c.setLogsAside(); err != nil {
		return 0, err
	}
	if err := os.Rename(c.path, c.opt.Path); err != nil {
		return 0, err
	}
	c.step("file replaced")
	return info.Size(), syncDir(filepath.Dir(c.opt.Path))
}

// setLogsAside renames the logs beside the published file, which DuckDB would take for
// changes to the one that is about to take its place, and notes that.
func (c *Copy) setLogsAside() error {
	found, err := foreignLogs(c.way)
	if err != nil {
		return err
	}
	aside, err := setAside(c.opt.Path, found, c.run)
	for i, to := range aside {
		c.note("%s was not made by this program: somebody opened the database file for writing and crashed, or planted it. "+
			"Nothing of it was read here, but other programs that opened the file believed it. It is %s now; look into it before you delete it", found[i], to)
	}
	return err
}

// keep gives the published file a second name, which outlives the rename, and removes the
// oldest of such files beyond the number to keep.
func keep(path string, earlier Earlier) error {
	dir, name := filepath.Split(path)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if err := os.Link(path, filepath.Join(dir, stem+"."+earlier.Run+ext)); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("keep the earlier file: %w", err)
	}
	// A run id is a ULID: 26 characters that sort by time.
	of, err := regexp.Compile("^" + regexp.QuoteMeta(stem) + `\.[0-9A-Z]{26}` + regexp.QuoteMeta(ext) + "$")
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // in the order of the names
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !of.MatchString(e.Name()) })
	for _, e := range kept[:max(0, len(kept)-earlier.Keep)] {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
