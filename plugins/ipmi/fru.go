package ipmi

import "strings"

// The areas of an inventory, and where their offsets stand.
const (
	fruUnit        = 8 // offsets and lengths are counted in so many bytes
	fruBoardAt     = 3
	fruProductAt   = 4
	fruEnd         = 0xc1
	fruLengthMask  = 0x3f
	fruFormatAt    = 6
	fruLanguage    = 3 // bytes of an area before its fields
	fruBoardFields = 6
)

// parseFRU reads the inventory of a part: of the product, and what that leaves
// open of the board.
func parseFRU(data []byte) part {
	var p part
	if fields := fruFields(data, fruProductAt, fruLanguage); len(fields) > 0 {
		p.Manufacturer, p.Product, p.Number, p.Serial = fields[0], at(fields, 1), at(fields, 2), at(fields, 4)
	}
	if fields := fruFields(data, fruBoardAt, fruBoardFields); len(fields) > 0 {
		for _, field := range []struct {
			into *string
			text string
		}{{&p.Manufacturer, fields[0]}, {&p.Product, at(fields, 1)}, {&p.Serial, at(fields, 2)}, {&p.Number, at(fields, 3)}} {
			if *field.into == "" {
				*field.into = field.text
			}
		}
	}
	return p
}

func at(fields []string, i int) string {
	if i < len(fields) {
		return fields[i]
	}
	return ""
}

// fruFields reads the fields of an area.
func fruFields(data []byte, area, begin int) []string {
	if len(data) < fruUnit || data[area] == 0 {
		return nil
	}
	start := int(data[area]) * fruUnit
	if len(data) < start+2 {
		return nil
	}
	end := min(start+int(data[start+1])*fruUnit, len(data))
	var fields []string
	for i := start + begin; i < end && data[i] != fruEnd; {
		length := int(data[i] & fruLengthMask)
		next := min(i+1+length, end)
		fields = append(fields, strings.TrimSpace(decodeText(data[i]>>fruFormatAt, data[i+1:next])))
		i = next
	}
	return fields
}

// fruSize is how much of an inventory has to be read for board and product.
func fruSize(header []byte, whole int) int {
	size := 0
	for _, area := range []int{fruBoardAt, fruProductAt} {
		if len(header) > area && header[area] != 0 {
			const most = 256
			size = max(size, int(header[area])*fruUnit+most)
		}
	}
	return min(size, whole)
}
