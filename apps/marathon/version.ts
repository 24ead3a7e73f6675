/** The Marathon whose API this is: clients switch features on by it. */
export const VERSION = '1.11.24'
