package networkswitch

// The numbers of what is asked for, by the documents that give them.
const (
	// SNMPv2-MIB and SNMP-FRAMEWORK-MIB.
	sysDescr        = ".1.3.6.1.2.1.1.1.0"
	sysObjectID     = ".1.3.6.1.2.1.1.2.0"
	sysUpTime       = ".1.3.6.1.2.1.1.3.0"
	sysContact      = ".1.3.6.1.2.1.1.4.0"
	sysName         = ".1.3.6.1.2.1.1.5.0"
	sysLocation     = ".1.3.6.1.2.1.1.6.0"
	snmpEngineTime  = ".1.3.6.1.6.3.10.2.1.3.0"
	hrSystemUptime  = ".1.3.6.1.2.1.25.1.1.0"
	enterprisesRoot = ".1.3.6.1.4.1."

	// IF-MIB.
	ifEntry         = ".1.3.6.1.2.1.2.2.1."
	ifDescr         = ifEntry + "2"
	ifType          = ifEntry + "3"
	ifMtu           = ifEntry + "4"
	ifSpeed         = ifEntry + "5"
	ifPhysAddress   = ifEntry + "6"
	ifAdminStatus   = ifEntry + "7"
	ifOperStatus    = ifEntry + "8"
	ifLastChange    = ifEntry + "9"
	ifInOctets      = ifEntry + "10"
	ifInUcast       = ifEntry + "11"
	ifInDiscards    = ifEntry + "13"
	ifInErrors      = ifEntry + "14"
	ifOutOctets     = ifEntry + "16"
	ifOutUcast      = ifEntry + "17"
	ifOutDiscards   = ifEntry + "19"
	ifOutErrors     = ifEntry + "20"
	ifXEntry        = ".1.3.6.1.2.1.31.1.1.1."
	ifName          = ifXEntry + "1"
	ifHCInOctets    = ifXEntry + "6"
	ifHCInUcast     = ifXEntry + "7"
	ifHCInMcast     = ifXEntry + "8"
	ifHCInBcast     = ifXEntry + "9"
	ifHCOutOctets   = ifXEntry + "10"
	ifHCOutUcast    = ifXEntry + "11"
	ifHCOutMcast    = ifXEntry + "12"
	ifHCOutBcast    = ifXEntry + "13"
	ifHighSpeed     = ifXEntry + "15"
	ifAlias         = ifXEntry + "18"
	ifDiscontinuity = ifXEntry + "19"

	// EtherLike-MIB.
	dot3FCSErrors = ".1.3.6.1.2.1.10.7.2.1.3"
	dot3Duplex    = ".1.3.6.1.2.1.10.7.2.1.19"

	// POWER-ETHERNET-MIB.
	pethPortAdmin     = ".1.3.6.1.2.1.105.1.1.1.3"
	pethPortDetection = ".1.3.6.1.2.1.105.1.1.1.6"
	pethPortClass     = ".1.3.6.1.2.1.105.1.1.1.10"
	pethMainPower     = ".1.3.6.1.2.1.105.1.3.1.1.2"
	pethMainUsed      = ".1.3.6.1.2.1.105.1.3.1.1.4"

	// BRIDGE-MIB and Q-BRIDGE-MIB.
	basePortIfIndex = ".1.3.6.1.2.1.17.1.4.1.2"
	stpSince        = ".1.3.6.1.2.1.17.2.3.0"
	stpChanges      = ".1.3.6.1.2.1.17.2.4.0"
	stpRoot         = ".1.3.6.1.2.1.17.2.5.0"
	stpPortState    = ".1.3.6.1.2.1.17.2.15.1.3"
	fdbPort         = ".1.3.6.1.2.1.17.4.3.1.2"
	qFdbPort        = ".1.3.6.1.2.1.17.7.1.2.2.1.2"
	vlanName        = ".1.3.6.1.2.1.17.7.1.4.3.1.1"
	vlanEgress      = ".1.3.6.1.2.1.17.7.1.4.3.1.2"
	vlanUntagged    = ".1.3.6.1.2.1.17.7.1.4.3.1.4"
	portPVID        = ".1.3.6.1.2.1.17.7.1.4.5.1.1"

	// LLDP-MIB.
	lldpLocPortID    = ".1.0.8802.1.1.2.1.3.7.1.3"
	lldpLocPortDescr = ".1.0.8802.1.1.2.1.3.7.1.4"
	lldpRemEntry     = ".1.0.8802.1.1.2.1.4.1.1."
	lldpRemChassisID = lldpRemEntry + "5"
	lldpRemPortID    = lldpRemEntry + "7"
	lldpRemPortDescr = lldpRemEntry + "8"
	lldpRemSysName   = lldpRemEntry + "9"
	lldpRemSysDescr  = lldpRemEntry + "10"
	lldpRemCaps      = lldpRemEntry + "12"
	lldpRemManIfID   = ".1.0.8802.1.1.2.1.4.2.1.3"

	// ENTITY-MIB and ENTITY-SENSOR-MIB.
	entClass        = ".1.3.6.1.2.1.47.1.1.1.1.5"
	entName         = ".1.3.6.1.2.1.47.1.1.1.1.7"
	entSoftware     = ".1.3.6.1.2.1.47.1.1.1.1.10"
	entSerial       = ".1.3.6.1.2.1.47.1.1.1.1.11"
	entModel        = ".1.3.6.1.2.1.47.1.1.1.1.13"
	sensorType      = ".1.3.6.1.2.1.99.1.1.1.1"
	sensorScale     = ".1.3.6.1.2.1.99.1.1.1.2"
	sensorPrecision = ".1.3.6.1.2.1.99.1.1.1.3"
	sensorValue     = ".1.3.6.1.2.1.99.1.1.1.4"
	sensorStatus    = ".1.3.6.1.2.1.99.1.1.1.5"

	// MIKROTIK-MIB.
	mtxrName  = ".1.3.6.1.4.1.14988.1.1.3.100.1.2"
	mtxrValue = ".1.3.6.1.4.1.14988.1.1.3.100.1.3"
	mtxrUnit  = ".1.3.6.1.4.1.14988.1.1.3.100.1.4"

	// HOST-RESOURCES-MIB and UCD-SNMP-MIB.
	hrProcessorLoad = ".1.3.6.1.2.1.25.3.3.1.2"
	hrStorageType   = ".1.3.6.1.2.1.25.2.3.1.2"
	hrStorageDescr  = ".1.3.6.1.2.1.25.2.3.1.3"
	hrStorageUnit   = ".1.3.6.1.2.1.25.2.3.1.4"
	hrStorageSize   = ".1.3.6.1.2.1.25.2.3.1.5"
	hrStorageUsed   = ".1.3.6.1.2.1.25.2.3.1.6"
	storageRAM      = ".1.3.6.1.2.1.25.2.1.2"
	storageDisk     = ".1.3.6.1.2.1.25.2.1.4"
	ucdTotal        = ".1.3.6.1.4.1.2021.4.5.0"
	ucdFree         = ".1.3.6.1.4.1.2021.4.6.0"
	ucdBuffers      = ".1.3.6.1.4.1.2021.4.14.0"
	ucdCached       = ".1.3.6.1.4.1.2021.4.15.0"
	ucdAvailable    = ".1.3.6.1.4.1.2021.4.27.0"
)

// vendorOf names the maker by the number that the registry of enterprises gives.
func vendorOf(number string) string {
	switch number {
	case "9":
		return "Cisco"
	case "11":
		return "HP"
	case "14823", "47196":
		return "Aruba"
	case "43":
		return "3Com"
	case "171":
		return "D-Link"
	case "318":
		return "APC"
	case "674":
		return "Dell"
	case "890":
		return "Zyxel"
	case "1916":
		return "Extreme"
	case "1991":
		return "Brocade"
	case "2011":
		return "Huawei"
	case "2636":
		return "Juniper"
	case "3955":
		return "Linksys"
	case "4526":
		return "Netgear"
	case "6486":
		return "Alcatel-Lucent"
	case "6574":
		return "Synology"
	case "8072":
		return "Net-SNMP"
	case "11863":
		return "TP-Link"
	case "12325":
		return "FreeBSD"
	case "12356":
		return "Fortinet"
	case "14988":
		return "MikroTik"
	case "24681":
		return "QNAP"
	case "25506":
		return "H3C"
	case "30065":
		return "Arista"
	case "30155":
		return "OpenBSD"
	case "41112", "10002":
		return "Ubiquiti"
	default:
		return ""
	}
}
