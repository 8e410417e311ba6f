using System.CommandLine;

RootCommand root = new("Runs the Chroma text-to-image model, and looks inside it.")
{
};

return await root.Parse(args).InvokeAsync();
