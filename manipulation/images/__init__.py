"""Images and maps on their way to and from networks: sizes, blur, log densities, contact sheets."""
