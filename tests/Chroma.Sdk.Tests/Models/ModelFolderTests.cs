using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("diffusion_models/x.safetensors", "text_encoders/x.safetensors", "vae/x.safetensors")]
    [InlineData("unet/a.SAFETENSORS", "clip/b.SafeTensors", "vae/c.sft")]
    [InlineData("models/diffusion_models/a.safetensors", "models/text_encoders/b.safetensors", "models/vae/c.safetensors")]
    [InlineData("models/UNET/a.safetensors", "models/CLIP/b.safetensors", "models/VAE/c.safetensors")]
    [InlineData("diffusion_models/chroma/a.safetensors", "text_encoders/t5/b.safetensors", "vae/flux/c.safetensors")]
    [InlineData("transformer/a.safetensors", "text_encoder/b.safetensors", "vae/c.safetensors")]
    [InlineData("transformer/a.safetensors", "text_encoder_2/b.safetensors", "vae/c.safetensors")]
    [InlineData("a.safetensors", "clip/b.safetensors", "vae/c.safetensors")]
    [InlineData("a", "b.bin", "c.blob")] // as caches name them
    public void Parts_are_found_where_programs_keep_them(string transformer, string textEncoder, string autoencoder)
    {
        Copy(TinyModels.TransformerPath, transformer);
        Copy(TinyModels.TextEncoderPath, textEncoder);
        Copy(TinyModels.AutoencoderPath, autoencoder);

        AssertFound(transformer, textEncoder, autoencoder);
    }

    [Fact]
    public void What_is_not_ours_does_not_spoil_a_folder()
    {
        string[] parts = ["diffusion_models/x.safetensors", "text_encoders/x.safetensors", "vae/x.safetensors"];
        Copy(TinyModels.TransformerPath, parts[0]);
        Copy(TinyModels.TextEncoderPath, parts[1]);
        Copy(TinyModels.AutoencoderPath, parts[2]);
        foreach (string folder in parts.Select(part => Path.GetDirectoryName(part)!))
        {
            Write($"{folder}/._x.safetensors", [0, 5, 22, 7, .. new byte[4092]]);
            Write($"{folder}/.hidden.gguf", "GGUF"u8);
            Write($"{folder}/empty.gguf", []);
            Write($"{folder}/damaged.safetensors", "\x10\0\0\0\0\0\0\0{garbage garbage"u8);
            Write($"{folder}/cut.gguf", "GGUF\x03\0\0\0"u8);
            Write($"{folder}/page.gguf", "<!DOCTYPE html>"u8);
            Write($"{folder}/old.ckpt", "PK\x03\x04 and so on"u8);
            Write($"{folder}/put_models_here", []);
            Write($"{folder}/some.index.json", "{ not json"u8);
            Directory.CreateDirectory(_folder.File($"{folder}/folder.gguf"));
            if (!OperatingSystem.IsWindows())
            {
                File.CreateSymbolicLink(_folder.File($"{folder}/dangling.safetensors"), "/no/such/file.safetensors");
            }
        }

        Save("text_encoders/clip_l.safetensors", "text_model.encoder.layers.0.self_attn.q_proj.weight", 2, 2);
        Save("vae/taef1.safetensors", "decoder.layers.0.weight", 64, 16, 3, 3);
        Save("vae/sdxl.safetensors", "decoder.conv_in.weight", 32, 4, 3, 3);
        Save("diffusion_models/lora.safetensors", "double_blocks.0.img_attn.qkv.lora_A.weight", 2, 2);

        AssertFound(parts[0], parts[1], parts[2]);
        ModelFolder folderFound = ModelFolder.Open(_folder.Path);
        Assert.Equal(7, folderFound.Models.Count);
        Assert.Contains(folderFound.Unusable, file => file.Path.EndsWith("damaged.safetensors", StringComparison.Ordinal));
        Assert.DoesNotContain(folderFound.Unusable, file => Path.GetFileName(file.Path).StartsWith('.') || file.Path.Contains("put_models_here", StringComparison.Ordinal));

        // The same folders, one by one: the part that is wanted is found among the others.
        using ChromaEngine engine = new();
        Transformer.Load(engine, _folder.File("diffusion_models"), TinyModels.TransformerOptions).Dispose();
        TextEncoder.Load(engine, _folder.File("text_encoders")).Dispose();
        Autoencoder.Load(engine, _folder.File("vae")).Dispose();
    }

    [Fact]
    public void A_link_to_a_model_is_one()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // links need rights there
        }

        File.CreateSymbolicLink(_folder.File("a.safetensors"), TinyModels.TransformerPath);
        File.CreateSymbolicLink(_folder.File("b"), TinyModels.TextEncoderPath);
        Directory.CreateSymbolicLink(_folder.File("vae"), Path.GetDirectoryName(Copy(TinyModels.AutoencoderPath, "elsewhere/c.safetensors"))!);

        AssertFound("a.safetensors", "b", "vae/c.safetensors");
    }

    [Fact]
    public void All_in_one_is_each_part()
    {
        TinyModels.WriteTensors(_folder.File("all.safetensors"), [
            .. Prefixed(TinyModels.TransformerPath, "model.diffusion_model."),
            .. Prefixed(TinyModels.TextEncoderPath, "text_encoders.t5xxl.transformer."),
            .. Prefixed(TinyModels.AutoencoderPath, "vae."),
        ]);

        AssertFound("all.safetensors", "all.safetensors", "all.safetensors");
        Assert.Equal(3, Assert.Single(ModelFolder.Open(_folder.Path).Models).Parts.Count);
    }

    [Fact]
    public void The_files_of_one_model_are_one()
    {
        KeyValuePair<string, FloatTensor>[] tensors = [.. TinyModels.ReadTensors(TinyModels.TransformerPath)];
        TinyModels.WriteTensors(_folder.File("m-00001-of-00002.safetensors"), tensors[..40]);
        TinyModels.WriteTensors(_folder.File("m-00002-of-00002.safetensors"), tensors[40..]);
        Copy(TinyModels.TextEncoderPath, "t5.safetensors");
        Copy(TinyModels.AutoencoderPath, "ae.safetensors");

        AssertFound("m-00001-of-00002.safetensors", "t5.safetensors", "ae.safetensors");
        Assert.Equal("m", ChromaModelFiles.FromFolder(_folder.Path).Name);

        File.Delete(_folder.File("m-00002-of-00002.safetensors"));
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => ChromaModelFiles.FromFolder(_folder.Path));
        Assert.Contains("Chroma transformer", error.Message, StringComparison.Ordinal);
        Assert.Contains("m-00002-of-00002.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_of_one_part_in_one_place_are_named()
    {
        Copy(TinyModels.TransformerPath, "unet/a.safetensors");
        Copy(TinyModels.TransformerPath, "unet/b.safetensors");
        Copy(TinyModels.TextEncoderPath, "clip/t5.safetensors");
        Copy(TinyModels.AutoencoderPath, "vae/ae.safetensors");

        string message = Assert.Throws<InvalidDataException>(() => ChromaModelFiles.FromFolder(_folder.Path)).Message;

        Assert.Contains(Path.Combine("unet", "a.safetensors"), message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("unet", "b.safetensors"), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer/tokenizer.json")]
    [InlineData("tokenizer_2/Tokenizer.JSON")]
    [InlineData("clip/tokenizer.json")]
    public void The_tokenizer_is_found_too(string name)
    {
        Copy(Golden.PathOf("tiny_tokenizer/tokenizer.json"), name);
        Write("tokenizer/tokenizer_config.json", "{}"u8);
        Write("._tokenizer.json", [0]);

        Assert.Equal(_folder.File(name), ModelFolder.Open(_folder.Path).Tokenizer);
    }

    [Fact]
    public void Of_two_tokenizers_T5s_is_taken()
    {
        Write("tokenizer/tokenizer.json", """{"model": {"type": "BPE", "vocab": {}}}"""u8); // CLIP's
        Copy(Golden.PathOf("tiny_tokenizer/tokenizer.json"), "tokenizer_2/tokenizer.json");

        Assert.Equal(_folder.File("tokenizer_2/tokenizer.json"), ModelFolder.Open(_folder.Path).Tokenizer);
    }

    private static IEnumerable<KeyValuePair<string, FloatTensor>> Prefixed(string path, string prefix) =>
        TinyModels.ReadTensors(path).Select(tensor => KeyValuePair.Create(prefix + tensor.Key, tensor.Value));

    private void AssertFound(string transformer, string textEncoder, string autoencoder)
    {
        ChromaModelFiles files = ChromaModelFiles.FromFolder(_folder.Path);

        Assert.Equal(
            (_folder.File(transformer), _folder.File(textEncoder), _folder.File(autoencoder)),
            (files.Transformer, files.TextEncoder, files.Autoencoder));
    }

    private string Copy(string from, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.Copy(from, _folder.File(name));
        return _folder.File(name);
    }

    private void Write(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        _folder.Write(name, bytes);
    }

    private void Save(string name, string tensor, params int[] shape) =>
        TinyModels.WriteTensors(_folder.File(name), [KeyValuePair.Create(tensor, new FloatTensor(shape))]);
}
