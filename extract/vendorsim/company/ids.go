package company

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// Ids are digests of the seed and of what they name, so that a thing keeps its
// id from one generation to the next however the company was built.

func digest(seed int64, parts ...string) [32]byte {
	h := sha256.New()
	var salt [8]byte
	binary.LittleEndian.PutUint64(salt[:], uint64(seed))
	h.Write(salt[:])
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

// Roll is a number in [0, n) fixed by the parts: a choice that does not
// depend on the order in which choices are made.
func (c *Company) Roll(n int, parts ...string) int {
	sum := digest(c.Plan.Seed, append([]string{"roll"}, parts...)...)
	return int(binary.LittleEndian.Uint64(sum[:8]) % uint64(n))
}

// Hex32 is SailPoint's form of identity, entitlement and source ids.
func (c *Company) Hex32(parts ...string) string {
	sum := digest(c.Plan.Seed, parts...)
	return hex.EncodeToString(sum[:16])
}

// UUID is a UUID fixed by its parts.
func (c *Company) UUID(parts ...string) string { return UUID(c.Plan.Seed, parts...) }

// UUID is a UUID of things outside a company, as fixed as its ids are.
func UUID(seed int64, parts ...string) string {
	sum := digest(seed, parts...)
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	s := hex.EncodeToString(sum[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ULID is BalkanID's form of ids that sort by age.
func (c *Company) ULID(parts ...string) string {
	return "01H" + c.letters(23, crockford, parts...)
}

// B64 is BalkanID's 43-character id: base64url of 256 bits, which may begin
// with a minus sign.
func (c *Company) B64(parts ...string) string {
	sum := digest(c.Plan.Seed, parts...)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (c *Company) letters(n int, alphabet string, parts ...string) string {
	sum := digest(c.Plan.Seed, parts...)
	var b strings.Builder
	for i := range n {
		b.WriteByte(alphabet[int(sum[i%32]^byte(i/32*31))%len(alphabet)])
	}
	return b.String()
}

// Tenant is the id of the company at BalkanID.
func (c *Company) Tenant() string { return c.ULID("tenant") }

// BRN is BalkanID's name for a thing of some kind.
func (c *Company) BRN(kind, id string) string {
	return "brn:bid:balkanid:::" + c.Tenant() + ":" + kind + ":" + id
}

// AccountBRN is BalkanID's name for an account.
func (c *Company) AccountBRN(a *Account) string {
	return c.BRN("identity", c.B64("account", a.App.Slug, a.ID))
}

// GroupBRN is BalkanID's name for a group.
func (c *Company) GroupBRN(g *Group) string {
	return c.BRN("connection", c.B64("group", g.App.Slug, g.Name))
}

// ResourceBRN is BalkanID's name for a resource.
func (c *Company) ResourceBRN(r *Resource) string {
	return c.BRN("resource", c.B64("resource", r.app.Slug, r.Name))
}
