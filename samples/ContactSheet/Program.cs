// Draws several prompts with chroma-nano and puts them on one sheet, each with its prompt below.
//   dotnet run --project samples/ContactSheet -- sheet.png [prompt ...]
using Chroma;
using Chroma.Imaging;
using SkiaSharp;

const int Columns = 4, Scale = 2, Margin = 12, LineHeight = 15, TextHeight = 3 * LineHeight + 6;

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
    "a small yellow circle above a blue square on a white background",
    "a large red triangle to the left of a small green circle on a black background",
    "a pink square on a background of vertical white and cyan stripes",
    "a green cross on a background that is orange on the left and white on the right",
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
    foreach (string part in Wrap(prompts[i], width, font))
    {
        sheet.Canvas.DrawText(part, x, y + height + (++line * LineHeight), SKTextAlign.Left, font, ink);
    }
}

using SKImage whole = sheet.Snapshot();
using SKData file = whole.Encode(SKEncodedImageFormat.Png, 100);
await File.WriteAllBytesAsync(args[0], file.ToArray());
Console.WriteLine(args[0]);
return 0;

// Lines of whole words that are no wider than a picture.
static IEnumerable<string> Wrap(string text, float width, SKFont font)
{
    string line = "";
    foreach (string word in text.Split(' '))
    {
        string longer = line.Length == 0 ? word : $"{line} {word}";
        if (line.Length > 0 && font.MeasureText(longer) > width)
        {
            yield return line;
            longer = word;
        }

        line = longer;
    }

    yield return line;
}
