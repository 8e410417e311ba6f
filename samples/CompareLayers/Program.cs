// Finds the first layer in which two runs of a network part.
//
// A dump is a safetensors file whose keys are the names of PyTorch modules. This library makes one with taps,
//
//     using TapSession taps = transformer.Tap("*");
//     transformer.Forward(latent, timestep, context);
//     taps.Save("ours.safetensors");
//
// and tools/reference/dump_layers.py makes the other from PyTorch, with forward hooks on every module. Then:
//
//     dotnet run --project samples/CompareLayers ours.safetensors pytorch.safetensors
using Chroma.Models;
using Chroma.Tensors;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: CompareLayers OURS.safetensors THEIRS.safetensors");
    return 2;
}

try
{
    using SafetensorsFile ours = SafetensorsFile.Open(args[0]);
    using SafetensorsFile theirs = SafetensorsFile.Open(args[1]);

    // Layers come in the order in which they were computed, so the first that differs is where to look.
    foreach (LayerDifference layer in LayerDump.Compare(ours, theirs, relative: 1e-4, absolute: 1e-4))
    {
        Console.WriteLine($"{layer.Name}: {layer.Agreement} {layer.Figures}");
        if (layer.Agreement is LayerAgreement.Differs or LayerAgreement.ShapeDiffers)
        {
            Console.WriteLine($"The two part at '{layer.Name}': ours is {layer.ActualShape}, theirs {layer.ExpectedShape}.");
            return 1;
        }
    }

    Console.WriteLine("All layers that both have agree.");
    return 0;
}
catch (SafetensorsException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
