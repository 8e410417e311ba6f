// Draws several prompts with chroma-nano and puts them on one sheet, each with its prompt below.
//   dotnet run --project samples/ContactSheet -- sheet.png [prompt ...]
using Chroma;
using Chroma.Imaging;
using SkiaSharp;

const int Columns = 4, Scale = 2, Margin = 12, LineHeight = 15, TextHeight = 2 * LineHeight + 6;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: ContactSheet <sheet.png> [prompt ...]");
    return 2;
}

string[] prompts = args.Length > 1 ? args[1..] :
[
    "a red circle on a blue background",
    "a yellow square on a green background",
    "a small blue triangle on a white background",
    "a large green cross on a black background",
    "a white circle on the left, on a red background",
    "an orange triangle on the right, on a blue background",
    "a purple square at the top, on a yellow background",
    "a black cross at the bottom, on a white background",
];

using ChromaPipeline pipeline = await ChromaNano.LoadAsync();
IReadOnlyList<ChromaImage> images = await pipeline.GenerateAsync(prompts, pipeline.DefaultOptions with { Seed = 1 });

int width = images[0].Width * Scale, height = images[0].Height * Scale;
int rows = (images.Count + Columns - 1) / Columns;
using SKSurface sheet = SKSurface.Create(new SKImageInfo((Columns * (width + Margin)) + Margin, (rows * (height + TextHeight + Margin)) + Margin));
using SKFont font = new(SKTypeface.Default, 11);
using SKPaint ink = new() { Color = SKColors.Black, IsAntialias = true };
sheet.Canvas.Clear(SKColors.White);
for (int i = 0; i < images.Count; i++)
{
    int x = Margin + (i % Columns * (width + Margin)), y = Margin + (i / Columns * (height + TextHeight + Margin));
    using SKBitmap picture = SKBitmap.Decode(images[i].Encode(ImageFormat.Png));
    sheet.Canvas.DrawBitmap(picture, SKRect.Create(x, y, width, height));
    int line = 0;
    foreach (string part in prompts[i].Split(", "))
    {
        sheet.Canvas.DrawText(part, x, y + height + (++line * LineHeight), SKTextAlign.Left, font, ink);
    }
}

using SKImage whole = sheet.Snapshot();
using SKData file = whole.Encode(SKEncodedImageFormat.Png, 100);
await File.WriteAllBytesAsync(args[0], file.ToArray());
Console.WriteLine(args[0]);
return 0;
