export default ({ id, name, cents }) => ({ id, name, net: cents, gross: cents + (cents >> 2) })
