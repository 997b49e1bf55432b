export default (number) => `number ${number} is done`
