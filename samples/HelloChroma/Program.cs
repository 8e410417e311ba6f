using Chroma;

using ChromaPipeline pipeline = await ChromaNano.LoadAsync();
var images = await pipeline.GenerateAsync("a red circle on a blue background");
images[0].Save("hello.png");
